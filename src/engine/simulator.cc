#include "engine/simulator.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <vector>

#include "engine/pace.h"
#include "engine/residency/residency.h"
#include "engine/scheduler/scheduler.h"

namespace yun::engine {
namespace {

using State = ScheduledSequence::State;

struct Request {
  ScheduledSequence sequence;
  std::vector<std::int32_t> tokens, drafts;
  std::uint64_t answer = 0;                   // tokens that it will generate
  std::uint64_t computed_max = 0, again = 0;  // of its rows
  bool ran_before = false;  // this step
  double objective_s = 0, first_token_s = 0, last_token_s = 0;
  std::vector<Request*> children;
};

/// Draws, tells and looks: what both simulators do.
class Player {
 protected:
  Player(std::uint64_t seed, bool with_trace, Simulation& result)
      : with_trace_(with_trace), result_(result), rng_(seed) {}

  std::uint64_t Draw() { return rng_(); }
  std::uint32_t Below(std::uint64_t n) { return static_cast<std::uint32_t>(rng_() % std::max<std::uint64_t>(n, 1)); }

  template <class... Args>
  void Log(fmt::format_string<Args...> format, Args&&... args) {
    if (with_trace_) result_.trace += fmt::format(format, std::forward<Args>(args)...) + "\n";
  }
  template <class... Args>
  void Expect(bool holds, fmt::format_string<Args...> format, Args&&... args) {
    if (!holds && result_.error.empty())
      result_.error = fmt::format("step {}: ", result_.steps) + fmt::format(format, std::forward<Args>(args)...);
  }

  const bool with_trace_;
  Simulation& result_;

 private:
  std::mt19937_64 rng_;
};

class Simulator : Player {
 public:
  Simulator(std::uint64_t seed, bool with_trace, Simulation& result)
      : Player(seed, with_trace, result),
        pool_(4 + Below(60)),
        options_(RandomOptions()),
        scheduler_(options_, pool_) {
    content_.resize(pool_.size());
    requests_max_ = 1 + Below(40);
    arrival_odds_ = 1 + Below(6);
    vocab_ = Below(2) ? 2 : 1000;
    for (auto& prefix : prefixes_) prefix = Tokens(Below(pool_.size() * kBlockTokens / 2));
    Log("pool {} running {} step {} mixed {} fair {} chunked {} paged {} cache {}", pool_.size(), options_.running_max,
        options_.step_tokens_max, options_.mixed_prefill_tokens_max, options_.fair, options_.chunked, options_.paged,
        options_.prefix_cache);
  }

  bool works() const { return !requests_.empty(); }
  bool over() const { return !result_.error.empty() || (came_ >= requests_max_ && !works()); }
  std::uint64_t rows() const { return rows_; }  // of the last step

  /// What happens to it whether it computes or not.
  void Events(double now_s) {
    now_s_ = now_s;
    Arrivals();
    Cancels();
    Pins();
    if (Below(30) == 0) scheduler_.set_mixed_prefill_tokens_max(mixed_max_ = 1 + Below(60));
  }

  void Step(double now_s) {
    now_s_ = now_s;
    for (auto& [id, request] : requests_) {
      request->ran_before = request->sequence.state == State::kRunning;
      ProposeDrafts(*request);
    }
    const std::uint64_t preemptions = scheduler_.preemptions();
    const Plan& plan = scheduler_.PlanStep(now_s_);
    Log("step {} at {:.3f}: {} sequences, {} copies", result_.steps, now_s_, plan.rows.size(), plan.copies.size());
    CheckPlan(plan, scheduler_.preemptions() != preemptions);
    CheckBlocks();
    Forward(plan);
    if (result_.error.empty()) Commit(std::vector(plan.rows));
    CheckBlocks();
    ++result_.steps;
  }

  /// As an engine says it; nothing: it has no work.
  std::optional<double> Deadline(double now_s, double stepped_s) const {
    if (!works()) return {};
    double deadline = now_s + kIdleDueSeconds;
    for (const auto& [id, r] : requests_) {
      if (r->sequence.idle) continue;
      const std::uint64_t tokens = r->tokens.size() - r->sequence.prompt_tokens;
      deadline = std::min(deadline, NextTokenDue({r->sequence.arrival_s, r->objective_s, tokens, r->first_token_s,
                                                  r->last_token_s}));
    }
    return std::max(deadline, stepped_s);
  }

  /// Nobody asks any more.
  void Close() {
    requests_max_ = came_;
    while (!requests_.empty()) Remove(*requests_.begin()->second);
  }

  void End() {
    if (result_.error.empty()) CheckEnd();
    result_.preemptions += scheduler_.preemptions();
    result_.evictions += scheduler_.cache().counters().evictions;
  }

 private:
  SchedulerOptions RandomOptions() {
    SchedulerOptions options;
    options.running_max = 1 + Below(12);
    options.step_tokens_max = Below(4) ? 16 + Below(100) : 1 + Below(8);
    options.mixed_prefill_tokens_max = mixed_max_ = 1 + Below(60);
    options.fair = Below(4) != 0;
    options.chunked = Below(4) != 0;
    options.paged = Below(4) != 0;
    options.prefix_cache = Below(4) != 0;
    return options;
  }

  std::vector<std::int32_t> Tokens(std::uint64_t count) {
    std::vector<std::int32_t> tokens(count);
    for (auto& token : tokens) token = static_cast<std::int32_t>(Below(vocab_));
    return tokens;
  }

  void Arrivals() {
    if (came_ >= requests_max_ || (works() && Below(arrival_odds_) != 0)) return;
    const std::uint64_t room = pool_.size() * kBlockTokens;
    std::vector<std::int32_t> prompt = prefixes_[Below(prefixes_.size())];
    const auto tail = Tokens(Below(3) ? 1 + Below(room / 4) : 0);
    prompt.insert(prompt.end(), tail.begin(), tail.end());
    if (prompt.empty()) prompt.push_back(0);
    const std::uint64_t answer_max = 1 + Below(std::min<std::uint64_t>(room - prompt.size(), 60));
    const ScheduledSequence like = {.tenant = Below(4),
                                    .priority = Below(3) ? 0 : static_cast<std::int32_t>(Below(3)) - 1,
                                    .idle = Below(5) == 0,
                                    .arrival_s = now_s_,
                                    .salt = Below(2),
                                    .use_cache = Below(10) != 0,
                                    .prompt_tokens = static_cast<std::uint32_t>(prompt.size()),
                                    .answer_max = static_cast<std::uint32_t>(answer_max),
                                    .blocks = {}};
    Request* leader = nullptr;
    for (std::uint32_t answers = Below(5) ? 1 : 1 + Below(5); answers > 0; --answers) {
      auto request = std::make_unique<Request>();
      request->tokens = prompt;
      request->answer = 1 + Below(answer_max);
      request->sequence = like;
      request->sequence.id = ++came_;
      ++result_.requests;
      request->sequence.weight = static_cast<double>(1 + like.tenant);
      if (Below(3) == 0) request->sequence.ttft_deadline_s = now_s_ + (request->objective_s = 0.01 * (1 + Below(100)));
      request->sequence.tokens = &request->tokens;
      if (leader) {
        request->sequence.leader = &leader->sequence;
        leader->children.push_back(request.get());
      } else {
        leader = request.get();
      }
      Log("request {}: prompt {} answer {} of {} tenant {} priority {} idle {} salt {}{}", came_,
          prompt.size(), request->answer, answer_max, like.tenant, like.priority, like.idle, like.salt,
          request->sequence.leader ? " (of a group)" : "");
      scheduler_.Add(&request->sequence);
      requests_[came_] = std::move(request);
    }
  }

  void Cancels() {
    if (requests_.empty() || Below(40) != 0) return;
    auto it = std::next(requests_.begin(), Below(requests_.size()));
    ++result_.cancelled;
    Log("cancel {}", it->first);
    Remove(*it->second);
  }

  void Remove(Request& request) {
    for (auto& [id, other] : requests_) std::erase(other->children, &request);
    scheduler_.Remove(&request.sequence);
    for (const Request* child : request.children)
      Expect(!child->sequence.leader, "{} waits for one that left", child->sequence.id);
    const ScheduledSequence& s = request.sequence;
    Expect(s.blocks.empty() && s.recomputed == request.again, "{}: recomputed {}, counted {}", s.id, s.recomputed,
           request.again);
    if (s.admitted) {
      const auto computed = static_cast<double>(std::min<std::uint64_t>(s.computed_max, s.prompt_tokens) - s.cached);
      service_ += options_.weight_prefill * computed +
                  options_.weight_decode * static_cast<double>(request.tokens.size() - s.prompt_tokens);
    }
    result_.recomputed += s.recomputed;
    result_.cached += s.cached;
    requests_.erase(s.id);
  }

  void Pins() {
    PrefixCache& cache = scheduler_.cache();
    if (Below(20) != 0) return;
    const auto& prefix = prefixes_[Below(prefixes_.size())];
    const std::uint64_t salt = Below(2);
    if (const auto pinned = cache.Pin(salt, prefix, now_s_, 0.01 * (1 + Below(50)))) {
      ++result_.pins;
      Log("pin {} of salt {}", *pinned, salt);
      Expect(!cache.Unpin(*pinned, salt + 1), "another salt's entry was dropped");
      if (Below(2)) Expect(cache.Unpin(*pinned, salt).has_value(), "an entry is gone");
    }
  }

  void ProposeDrafts(Request& request) {
    request.drafts = Tokens(Below(3) ? 0 : Below(6));
    const std::uint64_t left = request.answer + request.sequence.prompt_tokens - request.tokens.size();
    request.drafts.resize(std::min<std::size_t>(request.drafts.size(), left - 1));
    request.sequence.draft = static_cast<std::uint32_t>(request.drafts.size());
  }

  void CheckPlan(const Plan& plan, bool preempted) {
    Expect(!plan.rows.empty() || requests_.empty(), "nothing is planned, and {} requests are there", requests_.size());
    std::uint64_t rows = 0, prompt_rows = 0, decoding_rows = 0, idle_rows = 0;
    for (const ScheduledRows& item : plan.rows) {
      const ScheduledSequence& s = *item.sequence;
      Log("  {}: {} rows from {}, {} of them drafts", s.id, item.rows, s.computed, item.drafts);
      Expect(s.state == State::kRunning, "{} is planned and does not run", s.id);
      Expect(item.rows > item.drafts && item.drafts <= s.draft, "{}: {} rows, {} drafts", s.id, item.rows, item.drafts);
      Expect(s.computed + item.rows - item.drafts <= s.tokens->size(), "{}: rows beyond its tokens", s.id);
      Expect(s.computed + item.rows <= s.blocks.size() * kBlockTokens, "{}: rows without blocks", s.id);
      Expect(item.drafts == 0 || s.remaining() == 1, "{}: drafts before its prompt is computed", s.id);
      rows += item.rows;
      if (s.remaining() > 1) prompt_rows += item.rows;
      else if (requests_.at(s.id)->ran_before) decoding_rows += item.rows;
      if (s.idle) idle_rows += item.rows;
    }
    std::uint64_t running = 0, decoding = 0, parked = 0;
    bool others_wait = false;
    for (const auto& [id, request] : requests_) {
      const ScheduledSequence& s = request->sequence;
      const bool planned = std::ranges::any_of(plan.rows, [&](const auto& item) { return item.sequence == &s; });
      running += s.state == State::kRunning;
      parked += s.state == State::kParked;
      if (s.state != State::kRunning) Expect(s.blocks.empty(), "{} waits and holds blocks", id);
      if (s.state == State::kWaiting && !s.idle) others_wait = true;
      if (s.state != State::kRunning || !request->ran_before || s.idle || s.remaining() != 1) continue;
      ++decoding;
      if (options_.chunked) Expect(planned, "{} is a stream without a row", id);
    }
    Expect(running == scheduler_.running() && running <= options_.running_max, "{} run", running);
    Expect(running + scheduler_.waiting() == requests_.size(), "{} wait", scheduler_.waiting());
    Expect(rows <= options_.step_tokens_max, "{} rows in a step", rows);
    if (options_.chunked && decoding > 0) Expect(prompt_rows <= mixed_max_, "{} rows of prompts", prompt_rows);
    if (!options_.chunked && !preempted)  // (a preempted one may have come back at once)
      Expect(decoding_rows == 0 || prompt_rows == 0, "prompts among streams");
    Expect(idle_rows == 0 || !others_wait, "batch work runs while others wait");
    rows_ = rows;
    result_.parked += parked;
    result_.idle_rows += idle_rows;
  }

  /// Each reference is a table's, the tree's or an entry's.
  void CheckBlocks() {
    std::vector<std::uint32_t> held(pool_.size(), 0);
    for (const auto& [id, request] : requests_)
      for (const std::uint32_t block : request->sequence.blocks) ++held[block];
    std::uint64_t pinned = 0, extra = 0, free = 0, idle = 0;
    for (const std::uint64_t salt : {0, 1})
      for (const CacheEntry& entry : scheduler_.cache().List(salt)) pinned += entry.tokens / kBlockTokens;
    for (std::uint32_t block = 0; block < pool_.size(); ++block) {
      const std::uint32_t own = held[block] + pool_.kept(block);
      Expect(pool_.references(block) >= own, "block {} has too few references", block);
      extra += pool_.references(block) - own;
      free += pool_.references(block) == 0;
      idle += pool_.kept(block) && pool_.references(block) == 1;
    }
    Expect(extra == pinned, "{} references are nobody's", extra - pinned);
    Expect(pinned == scheduler_.cache().pinned_blocks(), "{} blocks are pinned", pinned);
    Expect(free == pool_.free() && idle == scheduler_.cache().evictable(), "{} free, {} idle", free, idle);
  }

  /// The number of each position: of the salt and all tokens up to it.
  static std::vector<std::uint64_t> Numbers(const Request& request, std::uint64_t count) {
    std::vector<std::uint64_t> numbers;
    std::uint64_t number = request.sequence.salt * 0x9e3779b97f4a7c15u + 1;
    for (std::uint64_t i = 0; i < count; ++i) {
      const std::size_t size = request.tokens.size();
      const std::int32_t token = i < size ? request.tokens[i] : request.drafts[i - size];
      number = (number ^ static_cast<std::uint64_t>(token + 1)) * 0xd6e8feb86659fd93u;
      number ^= number >> 32;
      numbers.push_back(number);
    }
    return numbers;
  }

  void Forward(const Plan& plan) {
    if (!result_.error.empty()) return;
    result_.copies += plan.copies.size();
    for (const BlockCopy& copy : plan.copies) content_[copy.to] = content_[copy.from];
    for (const ScheduledRows& item : plan.rows) {
      const ScheduledSequence& s = *item.sequence;
      const auto numbers = Numbers(*requests_.at(s.id), s.computed + item.rows);
      for (std::uint64_t i = s.computed; i < numbers.size(); ++i) {
        const std::uint32_t block = s.blocks[i / kBlockTokens];
        Expect(pool_.references(block) == 1, "{} writes into block {}, which others hold", s.id, block);
        content_[block][i % kBlockTokens] = numbers[i];
      }
    }
    for (const ScheduledRows& item : plan.rows) {
      const ScheduledSequence& s = *item.sequence;
      const auto numbers = Numbers(*requests_.at(s.id), s.computed + item.rows);
      for (std::uint64_t i = 0; i < numbers.size(); ++i)
        Expect(content_[s.blocks[i / kBlockTokens]][i % kBlockTokens] == numbers[i],
               "{} reads at {} what is not of its tokens", s.id, i);
    }
  }

  void Commit(const std::vector<ScheduledRows>& rows) {
    for (const ScheduledRows& item : rows) {
      Request& request = *requests_.at(item.sequence->id);
      ScheduledSequence& s = request.sequence;
      std::uint32_t accepted = Below(item.drafts + 1);
      result_.drafts_accepted += accepted;
      request.tokens.insert(request.tokens.end(), request.drafts.begin(), request.drafts.begin() + accepted);
      const std::uint32_t committed = item.rows - item.drafts + accepted;
      for (std::uint64_t i = s.computed; i < s.computed + committed; ++i) request.again += i < request.computed_max;
      request.computed_max = std::max<std::uint64_t>(request.computed_max, s.computed + committed);
      scheduler_.Computed(&s, committed);
      result_.generated += accepted;
      if (s.remaining() > 0) continue;
      Generate(request);
      const std::vector<Request*> children = std::exchange(request.children, {});
      for (Request* child : children) {
        if (child->sequence.admitted || !scheduler_.Fork(&s, &child->sequence)) continue;
        Log("fork {} of {}", child->sequence.id, s.id);
        ++result_.forks;
        child->computed_max = s.prompt_tokens;
        Generate(*child);
      }
    }
    std::vector<Request*> ended;
    for (auto& [id, request] : requests_)
      if (request->tokens.size() - request->sequence.prompt_tokens >= request->answer) ended.push_back(request.get());
    for (Request* request : ended) Remove(*request);
  }

  void Generate(Request& request) {
    if (request.tokens.size() == request.sequence.prompt_tokens) request.first_token_s = now_s_;
    request.last_token_s = now_s_;
    request.tokens.push_back(static_cast<std::int32_t>(Below(vocab_)));
    ++result_.generated;
  }

  void CheckEnd() {
    while (scheduler_.cache().UnpinFirst()) {}
    Expect(pool_.free() + pool_.idle() == pool_.size(), "blocks are lost");
    Expect(scheduler_.waiting() == 0 && scheduler_.running() == 0, "somebody is left");
    double service = 0;
    for (const bool idle : {false, true})
      for (std::uint64_t tenant = 0; tenant < 4; ++tenant) service += scheduler_.tenant(tenant, idle).service;
    Expect(std::abs(service - service_) < 1e-6, "charged {}, served {}", service, service_);
  }

  BlockPool pool_;
  std::uint32_t mixed_max_ = 0;
  SchedulerOptions options_;
  Scheduler scheduler_;
  std::vector<std::array<std::uint64_t, kBlockTokens>> content_;
  std::array<std::vector<std::int32_t>, 3> prefixes_;
  std::map<std::uint64_t, std::unique_ptr<Request>> requests_;
  std::uint64_t came_ = 0, requests_max_ = 0, arrival_odds_ = 1, vocab_ = 2, rows_ = 0;
  double now_s_ = 0, service_ = 0;
};

class ModelsSimulator : Player {
 public:
  ModelsSimulator(std::uint64_t seed, bool with_trace, Simulation& result) : Player(seed, with_trace, result) {
    const std::size_t models = 2 + Below(7);
    std::uint64_t largest = 0;
    for (std::size_t i = 0; i < models; ++i) {
      models_.push_back(std::make_unique<Model>());
      largest = std::max(largest, models_.back()->bytes = 1 + Below(20));
      NewWork(*models_.back());
    }
    options_ = {.bytes = Below(10) ? largest + Below(40) : 0,
                .switches = Below(4) != 0,
                .quantum_s = 0.05 * static_cast<double>(1 + Below(6))};
    residency_ = std::make_unique<Residency>(options_);
    for (const auto& model : models_) {
      const auto member = residency_->Add(model->bytes);
      Expect(member.has_value(), "a model of {} bytes is refused", model->bytes);
      if (member) model->member = *member;
    }
    Log("{} models, {} bytes, switches {}, quantum {}", models, options_.bytes, options_.switches, options_.quantum_s);
  }

  void Run() {
    while (result_.error.empty() && !Over()) {
      Operators();
      for (const auto& model : models_) {
        if (model->gone) continue;
        model->work->Events(now_s_);
        Ask(*model);
      }
      for (const auto& model : models_)  // an engine sees a while later that it is to leave
        if (model->place == Place::kLeaving && Below(2)) {
          residency_->Away(model->member);
          model->place = Place::kAway;
        }
      Act(residency_->Decide(now_s_));
      Look();
    }
    for (const auto& model : models_)
      if (!model->gone) model->work->End();
  }

 private:
  static constexpr double kLoadSecondsMax = 0.1, kRowSeconds = 0.0005, kStepSeconds = 0.005;
  static constexpr double kPatienceSeconds = 3;  // until a token is due, and a step of each other model
  enum class Place { kAway, kIn, kLeaving };
  struct Model {
    std::unique_ptr<Simulator> work;
    std::uint64_t bytes = 0;
    MemberId member = 0;
    Place place = Place::kAway;
    bool pinned = false, gone = false;
    double came_s = 0, stepped_s = 0, load_s = 0;
    std::optional<double> due_s;          // the next token; nothing: it has no work
    std::optional<double> waits_since_s;  // for a step that is not idle
  };

  void NewWork(Model& model) { model.work = std::make_unique<Simulator>(Draw(), with_trace_, result_); }

  bool Over() const {
    return std::ranges::all_of(models_, [](const auto& model) { return model->gone || model->work->over(); });
  }

  /// As an engine of a fleet.
  void Ask(Model& model) {
    if (const auto deadline = model.work->Deadline(now_s_, model.stepped_s)) {
      residency_->Wants(model.member, *deadline, now_s_);
      const bool waits = model.due_s && model.place != Place::kIn;  // who waits does not fall back
      model.due_s = waits ? std::min(*model.due_s, *deadline) : *deadline;
      if (!model.waits_since_s && *deadline < now_s_ + kIdleDueSeconds) model.waits_since_s = now_s_;
    } else {
      residency_->Rests(model.member, now_s_);
      model.due_s.reset();
      model.waits_since_s.reset();
    }
  }

  /// Models are pinned, leave and join; others want room for good.
  void Operators() {
    Model& model = *models_[Below(models_.size())];
    if (const bool pin = Below(2) != 0; Below(40) == 0 && !model.gone && residency_->Pin(model.member, pin)) {
      model.pinned = pin;
      result_.pinned += pin;
    }
    if (const std::uint64_t bytes = 1 + Below(6); wanted_ == 0 && Below(40) == 0 && residency_->Reserve(bytes))
      wanted_ = bytes;
    if (wanted_ > 0 && residency_->Grant(wanted_)) {
      taken_ += std::exchange(wanted_, 0);
      ++result_.reserved;
    }
    if (wanted_ > 0 && Below(100) == 0) residency_->Waive(std::exchange(wanted_, 0));
    if (Below(40) == 0) residency_->Release(std::exchange(taken_, 0));
    if (Below(100) == 0 && !model.gone) {
      Log("model {} leaves", model.member);
      model.work->Close();
      residency_->Rests(model.member, now_s_);
      residency_->Away(model.member);
      residency_->Remove(model.member);
      model.work->End();
      model.gone = true;
      ++result_.left;
    } else if (Below(10) == 0 && model.gone && joins_max_ > 0) {
      const std::uint64_t bytes = 1 + Below(20);
      const auto member = residency_->Add(bytes);
      if (!member) return;
      --joins_max_;
      model = Model();
      model.bytes = bytes;
      model.member = *member;
      NewWork(model);
      ++result_.joined;
      Log("model {} joins, {} bytes", model.member, model.bytes);
    }
  }

  void Act(const Residency::Decision& decision) {
    if (decision.what == Residency::What::kNothing) {
      now_s_ = std::max(now_s_ + 0.001, Below(2) ? decision.again_s : 0);
      return;
    }
    const auto found = std::ranges::find_if(
        models_, [&](const auto& model) { return !model->gone && model->member == decision.member; });
    Expect(found != models_.end(), "nobody is member {}", decision.member);
    if (found == models_.end()) return;
    Model& model = **found;
    if (decision.what == Residency::What::kDrop) return Drop(model);
    Expect(model.place != Place::kLeaving && model.work->works(), "model {} has no work, or leaves", model.member);
    if (model.place == Place::kAway) {
      model.place = Place::kIn;
      model.came_s = now_s_;
      model.load_s = kLoadSecondsMax * 0.01 * Below(100);
      residency_->Came(model.member, model.load_s);
      no_switch_before_s_ = now_s_ + (1 + options_.quantum_loads) * model.load_s;
      Look();
      now_s_ += model.load_s;
      ++result_.loads;
      Log("model {} came within {:.3f} s", model.member, model.load_s);
    }
    Log("model {}:", model.member);
    model.work->Step(now_s_);
    now_s_ += kStepSeconds + kRowSeconds * static_cast<double>(model.work->rows());
    model.stepped_s = now_s_;
    model.waits_since_s.reset();
    Ask(model);
  }

  void Drop(Model& model) {
    Log("model {} is to leave", model.member);
    Expect(model.place == Place::kIn, "model {} is not there, and is to leave", model.member);
    Expect(!model.pinned, "pinned model {} is to leave", model.member);
    if (model.work->works()) {
      Expect(options_.switches, "model {} has work", model.member);
      Expect(now_s_ >= std::max(model.came_s + options_.quantum_s, no_switch_before_s_), "model {} came at {:.3f}",
             model.member, model.came_s);
      if (wanted_ == 0)
        Expect(std::ranges::any_of(models_, [&](const auto& other) {
          return !other->gone && other->place == Place::kAway && other->due_s && *other->due_s <= *model.due_s;
        }), "model {} gives way, and is due before all that wait", model.member);
      ++result_.switches;
    }
    model.place = Place::kLeaving;
    ++result_.drops;
  }

  void Look() {
    std::uint64_t held = 0;
    double quantum_s = options_.quantum_s;
    for (const auto& model : models_) {
      if (model->gone) continue;
      if (model->place != Place::kAway) held += model->bytes;
      quantum_s = std::max(quantum_s, (1 + options_.quantum_loads) * model->load_s);
    }
    const std::uint64_t there = residency_->bytes_resident(), fixed = residency_->bytes_fixed();
    Expect(held == there, "{} bytes are there, {} are counted", held, there);
    Expect(taken_ == fixed, "{} bytes are fixed, {} are counted", taken_, fixed);
    Expect(options_.bytes == 0 || held + taken_ <= options_.bytes, "{} bytes of {}", held + taken_, options_.bytes);
    const auto models = static_cast<double>(models_.size());
    const double patience_s = kPatienceSeconds + 2 * models * (quantum_s + kLoadSecondsMax);
    for (const auto& model : models_)
      if (!model->gone && options_.switches && model->waits_since_s)
        Expect(now_s_ - *model->waits_since_s <= patience_s, "model {} waits since {:.3f}", model->member,
               *model->waits_since_s);
  }

  ResidencyOptions options_;
  std::unique_ptr<Residency> residency_;
  std::vector<std::unique_ptr<Model>> models_;
  std::uint64_t wanted_ = 0, taken_ = 0;  // by others, for good
  std::uint32_t joins_max_ = 5;
  double now_s_ = 0, no_switch_before_s_ = 0;
};

}  // namespace

Simulation Simulate(std::uint64_t seed, bool with_trace) {
  Simulation result;
  Simulator simulator(seed, with_trace, result);
  for (double now_s = 0; !simulator.over(); now_s += 0.01) {
    simulator.Events(now_s);
    simulator.Step(now_s);
  }
  simulator.End();
  return result;
}

Simulation SimulateModels(std::uint64_t seed, bool with_trace) {
  Simulation result;
  ModelsSimulator(seed, with_trace, result).Run();
  return result;
}

}  // namespace yun::engine
