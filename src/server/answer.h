// From the engine's streams to the client: takes tokens, makes text, writes chunks or one whole body.
#pragma once
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "api/answer.h"
#include "api/chat.h"
#include "api/json_closer.h"
#include "engine/stream.h"
#include "server/call.h"
#include "server/request_meter.h"
#include "server/turns.h"
#include "text/chat/output_reader.h"
#include "text/tokenizer/detokenizer.h"

namespace yun::server {

/// What an answer is made from, beyond the wish.
struct AnswerPlan {
  std::shared_ptr<const Model> model;
  std::vector<std::vector<engine::TokenId>> prompts;  // token ids, none empty
  std::string prompt_param;                           // the field that the prompts come from, for errors
  std::vector<std::string> echoes;                    // what answers to each prompt begin with; none: nothing
  std::unique_ptr<api::AnswerWriter> writer;
  std::optional<OutputFormat> format;  // of a chat: what is thought and called is told from what is said
  bool parallel_calls = true;          // false: an answer ends with its first call
  bool may_think = false;              // it may begin with <think>, also when it is constrained
  std::uint32_t thinking_budget = 0;   // tokens; 0: any number
  std::vector<engine::KeepMark> keep;  // of the first prompt
  std::unique_ptr<engine::Grammar> grammar;  // the answer's, thinking aside; null: any text
  /// When all has been written, before the last bytes leave; not called for an answer that failed.
  std::function<void(api::AnswerWriter&)> on_end;
};

/// The answer to one request: n choices to each prompt, each fed by one stream of the engine.
/// The engine's thread only posts a job; text is made and written on the workers, one job of an answer at a time.
/// When the client goes away, every stream is cancelled at once.
class Answer : public KeptAnswer, public std::enable_shared_from_this<Answer> {
 public:
  /// Asks the cloud's leave, submits every prompt n times and answers `call`: with an error if it may not, or if one
  /// submission is refused (the others are then cancelled).
  static void Begin(Service& service, Call call, const api::Generation& wish, AnswerPlan plan);

  Answer(Service& service, Call call, const api::Generation& wish, AnswerPlan plan);

  void Tick() override;

 private:
  using Clock = std::chrono::steady_clock;
  /// One choice.
  struct Run {
    Run(std::shared_ptr<engine::Stream> s, std::shared_ptr<AnswerMeter> m, const Tokenizer& tokenizer,
        std::vector<std::string> stop)
        : stream(std::move(s)), meter(std::move(m)), detokenizer(tokenizer, std::move(stop)) {}
    /// It has all that it may say, though the engine goes on.
    bool stopped() const { return detokenizer.stopped() || called; }

    std::shared_ptr<engine::Stream> stream;
    std::shared_ptr<AnswerMeter> meter;
    Detokenizer detokenizer;
    std::optional<OutputReader> reader;               // none: all of it is text
    std::optional<api::JsonCloser> json;              // of an answer that is held to JSON
    api::Choice choice;                               // not streaming: all of it
    std::vector<api::Piece> pieces;                   // streaming: what is not yet sent
    std::vector<api::LogprobEntry> held;              // whose text is still held back
    std::uint64_t text_bytes = 0, logprob_bytes = 0;  // given out so far
    std::uint64_t tokens = 0;                         // up to the one that completed a stop string
    std::uint64_t taken = 0;                          // tokens that came from the engine
    std::uint64_t thought = 0;                        // of these, while it was thinking
    Clock::time_point last_token;                     // when the last of them did
    bool called = false;                              // its first call is complete, and there may be no second
    bool ended = false;
    engine::Usage usage;
  };

  void Wake();
  void Pump();
  void Count(Run& run, std::size_t tokens);
  void CountEnd(Run& run, engine::FinishReason reason, engine::Usage usage);
  bool Silent() const;
  void Consume(Run& run, const std::vector<engine::TokenEvent>& events);
  void AddText(Run& run, const std::string& text, bool last = false);
  void AddPiece(Run& run, api::Piece piece);
  std::vector<api::LogprobEntry> Covered(Run& run, bool last);
  void End(Run& run, const engine::StreamEnd& end);
  void Send(std::string& out, Run& run);
  void SendPieces(std::string& out, Run& run);
  api::UsageCounts SoFar(const Run* run) const;
  api::UsageCounts Total() const;
  void Complete(std::string out);
  void FailNow(const Error& error, std::string out);
  void CancelAll();

  Service& service_;
  Call call_;
  AnswerPlan plan_;
  const Tokenizer& tokenizer_;
  const bool stream_;
  const std::int32_t logprobs_;
  const std::uint32_t n_;
  std::uint64_t prompt_tokens_ = 0;
  RequestMetrics& metrics_;
  std::vector<Run> runs_;  // fixed once the streams can call back
  Turns turns_;
  std::atomic<Clock::rep> last_write_{0};
  bool started_ = false, done_ = false;
};

}  // namespace yun::server
