// Requests that are answered with numbers: each input is a request of its own to the engine, and one body is written
// when all have come.
#pragma once
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/values.h"
#include "server/call.h"
#include "server/request_meter.h"
#include "server/turns.h"

namespace yun::server {

/// So many inputs of one request are given to the engine together: a long list must not fill its queue.
inline constexpr std::size_t kInputsInFlightMax = 32;

struct ValuesJob {
  engine::GenerateRequest each;  // terms, task and its fields; without a prompt
  std::vector<std::vector<engine::TokenId>> prompts;  // one an input: at least one, none empty, none too long
  /// The body, from a row of values an input and the tokens of all. errors: kInternal
  std::function<Result<std::string>(std::vector<std::vector<float>> values, std::uint64_t prompt_tokens)> write;
};

/// One request for values. When the client goes away, what runs is cancelled and the rest never begun.
class Values : public KeptAnswer, public std::enable_shared_from_this<Values> {
 public:
  /// Asks the cloud's leave, has every input computed and answers `call`; with an error if it may not, or if one fails.
  static void Begin(Service& service, Call call, std::shared_ptr<const Model> model, ValuesJob job);

  Values(Service& service, Call call, std::shared_ptr<const Model> model, ValuesJob job, std::string receipt_id,
         std::vector<std::shared_ptr<AnswerMeter>> meters);
  void Tick() override { Wake(); }  // what a full queue refused is tried again

 private:
  using Clock = std::chrono::steady_clock;
  struct Running {
    std::size_t input;
    std::shared_ptr<engine::Stream> stream;
  };

  void Wake();
  void Turn();
  void Submit();
  /// Whether the answer goes on.
  bool Take(std::size_t input, const engine::StreamEnd& end);
  void Complete();
  void FailNow(const Error& error);
  void Finish(engine::FinishReason reason);  // kNone: the engine never took it

  Service& service_;
  Call call_;
  const std::shared_ptr<const Model> model_;
  ValuesJob job_;
  const std::string receipt_id_;
  RequestMetrics& metrics_;
  Turns turns_;
  std::atomic<bool> left_{false};  // the client went away

  // Of the turns alone.
  std::vector<std::shared_ptr<AnswerMeter>> meters_;  // of inputs that were not submitted yet
  std::size_t next_ = 0;                              // the first of them
  std::vector<Running> running_;
  std::vector<std::vector<float>> values_;
  engine::Usage usage_;  // of all that ended
  bool done_ = false;
};

/// How a model makes one vector of a text. nullopt: in a way that is not supported. Where its files do not say: of the
/// last token if it puts one behind each text, for this to be what gathers it; else the mean.
std::optional<engine::Pooling> PoolingOf(TextPooling said, const Tokenizer& tokenizer);

/// The first `dimensions` numbers (0: all), scaled to length 1. errors: kInternal (one is not a number)
Status Shorten(std::vector<float>& embedding, std::size_t dimensions);

/// The terms of a request for values. errors: as TermsOf
api::Parsed<engine::GenerateRequest> TermsOf(const Service& service, const Call& call, const api::ValuesRequest& wish);

}  // namespace yun::server
