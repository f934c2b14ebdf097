// From what the engine counts of one request's answers to its receipt: settled when the last of them has ended.
#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "cloud/admission.h"
#include "engine/request.h"

namespace yun::server {

/// What the tokens of a task are charged as.
cloud::Units UnitsOf(engine::Task task, const engine::Usage& usage, bool counts_prompt);

class RequestMeter;

/// Holds the charge for one request back until it is known whether its answer has been kept: only then it costs
/// anything. Where nobody comes to know, the next start does.
/// thread: all methods from any thread
class LateCharge {
 public:
  LateCharge() = default;
  ~LateCharge();
  /// What it used is counted.
  void Ended(std::shared_ptr<cloud::Grant> grant, cloud::EndReason reason);
  void Decide(bool kept);

 private:
  void Settle();
  std::mutex mutex_;
  std::shared_ptr<cloud::Grant> grant_;
  cloud::EndReason reason_ = cloud::EndReason::kStop;
  std::optional<bool> kept_;
};

/// Hears of one answer. The answers to one prompt share it: the first of them counts it.
/// thread: Used and Ended from the engine's
class AnswerMeter : public engine::UsageSink {
 public:
  AnswerMeter(std::shared_ptr<RequestMeter> request, std::size_t index, bool counts_prompt);
  ~AnswerMeter() override;  // without Ended: the engine never took it
  void Used(const engine::Usage& so_far) override;
  void Ended(engine::FinishReason reason, const engine::Usage& usage) override;

  /// The answer's text is complete: that it is now cancelled is no abort.
  void StopAtText() { stopped_ = true; }

 private:
  const std::shared_ptr<RequestMeter> request_;
  const std::size_t index_;
  const bool counts_prompt_;
  cloud::Units told_;
  bool ended_ = false;
  std::atomic<bool> stopped_{false};
};

/// thread: all methods from any thread
class RequestMeter : public std::enable_shared_from_this<RequestMeter> {
 public:
  /// `on_cpu_time` hears what each answer took of the processors; `late`, if any, decides when and how it is settled.
  /// Generated answers count in a ticket each; those of other tasks, which may be thousands, all in the first.
  RequestMeter(std::shared_ptr<cloud::Grant> grant, engine::Task task, std::size_t answers,
               std::function<void(std::uint64_t cpu_us)> on_cpu_time, std::shared_ptr<LateCharge> late)
      : grant_(std::move(grant)),
        task_(task),
        on_cpu_time_(std::move(on_cpu_time)),
        late_(std::move(late)),
        open_(answers) {}

  /// One a choice, `n` to each prompt. All of them must be made.
  std::vector<std::shared_ptr<AnswerMeter>> MakeAnswers(std::size_t n);

 private:
  friend class AnswerMeter;
  void Used(std::size_t index, const cloud::Units& before, const cloud::Units& now);
  /// began: the engine took it.
  void Ended(cloud::EndReason reason, bool began);

  const std::shared_ptr<cloud::Grant> grant_;
  const engine::Task task_;
  const std::function<void(std::uint64_t)> on_cpu_time_;
  const std::shared_ptr<LateCharge> late_;  // null: settled when all answers have ended
  cloud::Units shared_;  // of all answers; of the engine's thread
  std::mutex mutex_;
  std::size_t open_;  // answers that have not ended
  bool began_ = false;
  cloud::EndReason reason_ = cloud::EndReason::kStop;  // of all: the worst
};

}  // namespace yun::server
