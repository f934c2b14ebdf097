// From the engine's streams to the client: takes tokens, makes text, writes chunks or one whole body.
#pragma once
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "api/chat.h"
#include "api/openai/write.h"
#include "engine/stream.h"
#include "server/call.h"
#include "server/request_meter.h"
#include "text/tokenizer/detokenizer.h"

namespace yun::server {

/// The answer to one request: n choices to each prompt, each fed by one stream of the engine.
/// The engine's thread only posts a job; text is made and written on the workers, one job of an answer at a time.
/// When the client goes away, every stream is cancelled at once.
class Answer : public KeptAnswer, public std::enable_shared_from_this<Answer> {
 public:
  /// Asks the cloud's leave, submits every prompt n times and answers `call`: with an error if it may not, or if one
  /// submission is refused (the others are then cancelled). prompts: token ids, none empty. may_think: a constrained
  /// answer may begin with <think>
  static void Begin(Service& service, Call call, std::shared_ptr<const Model> model, const api::Generation& wish,
                    std::vector<std::vector<engine::TokenId>> prompts, api::openai::AnswerHead head,
                    bool may_think = false);

  Answer(Service& service, Call call, const Model& model, const api::Generation& wish, api::openai::AnswerHead head);

  void Tick() override;

 private:
  using Clock = std::chrono::steady_clock;
  /// One choice.
  struct Run {
    Run(std::shared_ptr<engine::Stream> s, std::shared_ptr<AnswerMeter> m, const Tokenizer& tokenizer,
        std::vector<std::string> stop)
        : stream(std::move(s)), meter(std::move(m)), detokenizer(tokenizer, std::move(stop)) {}
    std::shared_ptr<engine::Stream> stream;
    std::shared_ptr<AnswerMeter> meter;
    Detokenizer detokenizer;
    api::openai::Choice choice;                       // streaming: what is not yet sent; else: all of it
    std::vector<api::openai::LogprobEntry> held;      // whose text is still held back
    std::uint64_t text_bytes = 0, logprob_bytes = 0;  // given out so far
    std::uint64_t tokens = 0;                         // up to the one that completed a stop string
    std::uint64_t taken = 0;                          // tokens that came from the engine
    Clock::time_point last_token;                     // when the last of them did
    bool sent = false;                                // a first chunk went out
    bool ended = false;
    engine::Usage usage;
  };

  void Wake();
  void Pump();
  void Count(Run& run, std::size_t tokens);
  void CountEnd(Run& run, engine::FinishReason reason, engine::Usage usage);
  bool Silent() const;
  void Consume(Run& run, const std::vector<engine::TokenEvent>& events);
  void AddText(Run& run, std::string text);
  void End(Run& run, const engine::StreamEnd& end);
  void Send(std::string& out, Run& run);
  void Complete();
  void FailNow(const Error& error);
  void CancelAll();

  Service& service_;
  Call call_;
  const std::shared_ptr<const Tokenizer> tokenizer_;
  const api::openai::AnswerHead head_;
  const bool stream_, include_usage_;
  const std::int32_t logprobs_;
  const std::uint32_t n_;
  RequestMetrics& metrics_;
  std::vector<Run> runs_;      // fixed once the streams can call back
  std::atomic<int> wakes_{0};  // > 0: a job is queued or running
  std::atomic<Clock::rep> last_write_{0};
  bool started_ = false, done_ = false;
};

}  // namespace yun::server
