// Names follow vLLM's, with yun_ in front, so that its dashboards need a new prefix and little else.
#include "server/metrics.h"

#include <dirent.h>
#include <prometheus/counter.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <map>
#include <set>

#include "base/guarded.h"

namespace yun::server {

namespace {

/// Seconds, from one step of a small model to a long prompt on a slow machine. A quantile read from them is right to
/// within its bucket: a third to a half.
const std::vector<double> kSeconds = {0.001, 0.002, 0.005, 0.01, 0.02, 0.035, 0.05, 0.075, 0.1, 0.15,
                                      0.2,   0.3,   0.5,   0.75, 1,    1.5,   2,    3,     5,   7.5,
                                      10,    15,    20,    30,   60,   120,   300,  600,   1800};

constexpr std::array kKinds = {"prompt", "cached", "generated", "thinking", "drafted", "accepted", "wasted"};
enum Kind { kPrompt, kCached, kGenerated, kThinking, kDrafted, kAccepted, kWasted };
constexpr std::array kReasons = {"stop", "length", "abort", "timeout", "error", "refused"};

std::size_t ReasonIndex(engine::FinishReason reason) {
  switch (reason) {
    case engine::FinishReason::kStop:
      return 0;
    case engine::FinishReason::kLength:
      return 1;
    case engine::FinishReason::kAborted:
      return 2;
    case engine::FinishReason::kTimeout:
      return 3;
    case engine::FinishReason::kNone:
    case engine::FinishReason::kError:
      break;
  }
  return 4;
}
constexpr std::size_t kRefused = 5;

double Seconds(std::uint64_t microseconds) { return static_cast<double>(microseconds) / 1e6; }

}  // namespace

// ---- of a model and a workspace

struct RequestMetrics::Series {
  prometheus::Histogram &first_token, &gap, &queue, &prefill, &decode, &whole;
  prometheus::Counter& cpu;
  std::array<prometheus::Counter*, kKinds.size()> tokens;
  std::array<prometheus::Counter*, kReasons.size()> requests;
};

RequestMetrics::RequestMetrics(std::unique_ptr<Series> series) : series_(std::move(series)) {}
RequestMetrics::~RequestMetrics() = default;

void RequestMetrics::FirstTokens(std::size_t tokens, double seconds) {
  series_->first_token.Observe(seconds);
  series_->tokens[kGenerated]->Increment(static_cast<double>(tokens));
}

void RequestMetrics::MoreTokens(std::size_t tokens, double seconds) {
  series_->gap.Observe(seconds);
  series_->tokens[kGenerated]->Increment(static_cast<double>(tokens));
}

void RequestMetrics::Ended(engine::FinishReason reason, const engine::Usage& usage, std::uint64_t counted,
                           double seconds) {
  const auto add = [&](Kind kind, std::uint64_t n) { series_->tokens[kind]->Increment(static_cast<double>(n)); };
  add(kPrompt, usage.prompt_tokens);
  add(kCached, usage.cached_tokens);
  add(kGenerated, usage.generated_tokens > counted ? usage.generated_tokens - counted : 0);  // the end token
  add(kThinking, usage.thinking_tokens);
  add(kDrafted, usage.drafted_tokens);
  add(kAccepted, usage.accepted_tokens);
  add(kWasted, usage.wasted_tokens);
  series_->cpu.Increment(Seconds(usage.cpu_us));
  series_->requests[ReasonIndex(reason)]->Increment();
  if (usage.generated_tokens == 0) return;  // never got through its prompt: no time of it means anything
  series_->queue.Observe(Seconds(usage.queue_us));
  series_->prefill.Observe(Seconds(usage.prefill_us));
  if (reason != engine::FinishReason::kStop && reason != engine::FinishReason::kLength) return;
  series_->decode.Observe(Seconds(usage.decode_us));
  series_->whole.Observe(seconds);
}

void RequestMetrics::Refused() { series_->requests[kRefused]->Increment(); }

struct Metrics::Families {
  prometheus::Registry registry;
  prometheus::Family<prometheus::Histogram>& Histograms(const char* name, const char* help) {
    return prometheus::BuildHistogram().Name(name).Help(help).Register(registry);
  }
  prometheus::Family<prometheus::Counter>& Counters(const char* name, const char* help) {
    return prometheus::BuildCounter().Name(name).Help(help).Register(registry);
  }
  using HistogramFamily = prometheus::Family<prometheus::Histogram>;
  using CounterFamily = prometheus::Family<prometheus::Counter>;
  HistogramFamily& first_token =
      Histograms("yun_time_to_first_token_seconds", "From the request's arrival to its first token.");
  HistogramFamily& gap =
      Histograms("yun_inter_token_latency_seconds", "Between two deliveries of tokens to one answer.");
  HistogramFamily& queue = Histograms("yun_request_queue_time_seconds",
                                      "From submission to the first computed row, of requests that got a token.");
  HistogramFamily& prefill =
      Histograms("yun_request_prefill_time_seconds", "From the first computed row to the first token.");
  HistogramFamily& decode =
      Histograms("yun_request_decode_time_seconds", "From the first token to the last, of whole answers.");
  HistogramFamily& whole = Histograms("yun_e2e_request_latency_seconds", "From arrival to the end, of whole answers.");
  CounterFamily& tokens = Counters(
      "yun_request_tokens_total",
      "Tokens by kind: prompt (cached ones among them), generated (thinking and accepted ones among them), drafted, "
      "wasted (computed for nothing). Generated ones as they come, the others when a request ends.");
  CounterFamily& requests = Counters("yun_requests_total", "Ended requests, by how they ended.");
  CounterFamily& cpu = Counters("yun_request_cpu_seconds_total", "Processor time of all threads, by share of rows.");

  struct Rows {
    std::map<std::pair<std::string, std::string>, std::unique_ptr<RequestMetrics>> of;
    std::set<std::string, std::less<>> workspaces;
  };
  Guarded<Rows> rows;

  std::unique_ptr<RequestMetrics> Make(const std::string& model, const std::string& workspace) {
    const prometheus::Labels labels = {{"model_name", model}, {"workspace", workspace}};
    const auto with = [&](const char* name, const char* value) {
      prometheus::Labels more = labels;
      more.emplace(name, value);
      return more;
    };
    auto series = std::make_unique<RequestMetrics::Series>(RequestMetrics::Series{
        first_token.Add(labels, kSeconds), gap.Add(labels, kSeconds), queue.Add(labels, kSeconds),
        prefill.Add(labels, kSeconds), decode.Add(labels, kSeconds), whole.Add(labels, kSeconds), cpu.Add(labels),
        {}, {}});
    for (std::size_t i = 0; i < kKinds.size(); ++i) series->tokens[i] = &tokens.Add(with("kind", kKinds[i]));
    for (std::size_t i = 0; i < kReasons.size(); ++i)
      series->requests[i] = &requests.Add(with("finished_reason", kReasons[i]));
    return std::make_unique<RequestMetrics>(std::move(series));
  }
};

Metrics::Metrics() : families_(std::make_unique<Families>()) {}
Metrics::~Metrics() = default;

RequestMetrics& Metrics::Of(std::string_view model, std::string_view workspace) {
  return families_->rows.With([&](Families::Rows& rows) -> RequestMetrics& {
    if (!rows.workspaces.contains(workspace)) {
      if (rows.workspaces.size() < kWorkspacesMax)
        rows.workspaces.emplace(workspace);
      else
        workspace = "other";
    }
    auto& row = rows.of[{std::string(model), std::string(workspace)}];
    if (!row) row = families_->Make(std::string(model), std::string(workspace));
    return *row;
  });
}

// ---- of a model, and of the process

namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

/// Families whose values are read from the engines when somebody asks.
class Snapshot {
 public:
  explicit Snapshot(const std::vector<ModelStats>& models) : models_(models) {}

  /// `get` gives the value of one model.
  template <class Get>
  void Add(MetricType type, const char* name, const char* help, Get get) {
    MetricFamily& family = families_.emplace_back(MetricFamily{name, help, type, {}});
    for (const ModelStats& model : models_) {
      ClientMetric& metric = family.metric.emplace_back(LabelsOf(model));
      const auto value = static_cast<double>(get(model.stats));
      (type == MetricType::Counter ? metric.counter.value : metric.gauge.value) = value;
    }
  }
  template <class Get, class Sum>
  void AddSteps(const char* name, const char* help, Get get, Sum sum) {
    MetricFamily& family = families_.emplace_back(MetricFamily{name, help, MetricType::Histogram, {}});
    for (const ModelStats& model : models_) {
      ClientMetric::Histogram& histogram = family.metric.emplace_back(LabelsOf(model)).histogram;
      const std::array<std::uint64_t, engine::kStepBuckets>& steps = get(model.stats);
      for (std::size_t i = 0; i < steps.size(); ++i) {
        histogram.sample_count += steps[i];
        const bool last = i + 1 == steps.size();
        histogram.bucket.push_back({histogram.sample_count, last ? std::numeric_limits<double>::infinity()
                                                                 : static_cast<double>(std::uint64_t{1} << i)});
      }
      histogram.sample_sum = static_cast<double>(sum(model.stats));
    }
  }
  void AddProcess(MetricType type, const char* name, const char* help, double value) {
    ClientMetric metric;
    (type == MetricType::Counter ? metric.counter.value : metric.gauge.value) = value;
    families_.push_back({name, help, type, {std::move(metric)}});
  }
  /// The same six of each queue, which is its label.
  void AddQueues(const store::QueueStats& database, const store::QueueStats& ledger) {
    const auto add = [&](MetricType type, const char* name, const char* help, auto get) {
      MetricFamily& family = families_.emplace_back(MetricFamily{name, help, type, {}});
      for (const auto& [queue, stats] : {std::pair("database", &database), std::pair("ledger", &ledger)}) {
        ClientMetric& metric = family.metric.emplace_back();
        metric.label = {{"queue", queue}};
        (type == MetricType::Counter ? metric.counter.value : metric.gauge.value) = static_cast<double>(get(*stats));
      }
    };
    using Stats = store::QueueStats;
    add(MetricType::Gauge, "yun_writes_waiting", "Writes that are not committed.",
        [](const Stats& s) { return s.waiting; });
    add(MetricType::Gauge, "yun_writes_oldest_seconds", "How long the first of them has waited.",
        [](const Stats& s) { return s.oldest_seconds; });
    add(MetricType::Gauge, "yun_writes_batch", "Writes of the last commit.", [](const Stats& s) { return s.batch; });
    add(MetricType::Counter, "yun_writes_total", "Writes committed.", [](const Stats& s) { return s.written; });
    add(MetricType::Counter, "yun_write_commits_total", "Commits.", [](const Stats& s) { return s.commits; });
    add(MetricType::Counter, "yun_write_failures_total", "Batches that could not be stored.",
        [](const Stats& s) { return s.failures; });
  }
  /// What models that share the machine hold of it, and wait for.
  void AddFleet(const engine::Fleet& fleet) {
    const auto add = [&](const char* name, const char* help, auto get) {
      MetricFamily& family = families_.emplace_back(MetricFamily{name, help, MetricType::Gauge, {}});
      for (const ModelStats& model : models_)
        family.metric.emplace_back(LabelsOf(model)).gauge.value = static_cast<double>(get(model.place));
    };
    using Row = engine::FleetRow;
    add("yun_model_pinned", "1: its weights never give way.", [](const Row& r) { return r.pinned; });
    add("yun_model_waits", "1: it has requests and waits for room for its weights.",
        [](const Row& r) { return r.line.has_value(); });
    add("yun_model_line", "Models that wait for room before it.", [](const Row& r) { return r.line.value_or(0); });
    add("yun_model_wait_seconds", "Until there is room for it, as far as can be known.",
        [](const Row& r) { return r.wait_seconds; });
    add("yun_model_load_seconds", "That its weights took to come the last time.",
        [](const Row& r) { return r.load_seconds; });
    AddProcess(MetricType::Gauge, "yun_memory_bytes_max", "What all models may take together; 0: no bound.",
               static_cast<double>(fleet.bytes()));
    AddProcess(MetricType::Gauge, "yun_memory_bytes_used", "What they take.",
               static_cast<double>(fleet.bytes_used()));
    AddProcess(MetricType::Gauge, "yun_memory_bytes_fixed",
               "Of these, whichever weights are there: caches, adapters, buffers, tokenizers, the program.",
               static_cast<double>(fleet.bytes_fixed()));
  }
  void AddPrompts(const cloud::PromptCounts& counts) {
    AddProcess(MetricType::Counter, "yun_prompts_stored_total", "Prompts that were stored for their workspace.",
               static_cast<double>(counts.stored));
    MetricFamily& family = families_.emplace_back(MetricFamily{
        "yun_prompts_dropped_total", "Prompts that were to be stored and are not.", MetricType::Counter, {}});
    for (const auto& [reason, count] :
         {std::pair("queue_full", counts.dropped_queue_full), std::pair("too_large", counts.dropped_too_large),
          std::pair("failed", counts.dropped_failed)}) {
      ClientMetric& metric = family.metric.emplace_back();
      metric.label = {{"reason", reason}};
      metric.counter.value = static_cast<double>(count);
    }
  }
  std::vector<MetricFamily> families_;

 private:
  static ClientMetric LabelsOf(const ModelStats& model) {
    ClientMetric metric;
    metric.label = {{"model_name", model.model}};
    return metric;
  }
  const std::vector<ModelStats>& models_;  // borrows
};

double ResidentBytes() {
  unsigned long long size = 0, resident = 0;
  if (std::FILE* file = std::fopen("/proc/self/statm", "r")) {
    if (std::fscanf(file, "%llu %llu", &size, &resident) != 2) resident = 0;
    std::fclose(file);
  }
  return static_cast<double>(resident) * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

double OpenFiles() {
  DIR* folder = ::opendir("/proc/self/fd");
  if (!folder) return 0;
  int n = -3;  // ".", ".." and the folder itself
  while (::readdir(folder)) ++n;
  ::closedir(folder);
  return n;
}

double CpuSeconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

}  // namespace

std::string Metrics::Text(const std::vector<ModelStats>& models, const engine::Fleet* fleet, const CloudStats& cloud,
                          std::uint64_t requests_in_flight) const {
  using Stats = engine::EngineStats;
  constexpr auto kGauge = MetricType::Gauge;
  constexpr auto kCounter = MetricType::Counter;
  Snapshot now(models);
  now.Add(kGauge, "yun_num_requests_running", "Requests being computed.", [](const Stats& s) { return s.running; });
  now.Add(kGauge, "yun_num_requests_waiting", "Requests in the queue.", [](const Stats& s) { return s.waiting; });
  now.Add(kGauge, "yun_kv_cache_blocks", "Blocks of the key-value cache.",
          [](const Stats& s) { return s.cache_blocks; });
  now.Add(kGauge, "yun_kv_cache_blocks_used", "Of these, held by requests.",
          [](const Stats& s) { return s.cache_blocks_used; });
  now.Add(kGauge, "yun_kv_cache_blocks_cached", "Of these, kept for their prefix alone; free at need.",
          [](const Stats& s) { return s.cache_blocks_cached; });
  now.Add(kGauge, "yun_kv_cache_usage_perc", "The share of blocks that requests hold; 1 is all.", [](const Stats& s) {
    return s.cache_blocks == 0 ? 0. : static_cast<double>(s.cache_blocks_used) / static_cast<double>(s.cache_blocks);
  });
  now.Add(kGauge, "yun_kv_cache_bytes", "Memory of the key-value cache.", [](const Stats& s) { return s.cache_bytes; });
  now.Add(kGauge, "yun_adapter_bytes", "Memory of its adapters.", [](const Stats& s) { return s.adapter_bytes; });
  now.Add(kGauge, "yun_weight_bytes", "Memory that the weights take when they are there.",
          [](const Stats& s) { return s.weight_bytes; });
  now.Add(kGauge, "yun_weight_bytes_resident", "Memory of the weights now: 0 when they are away.",
          [](const Stats& s) { return s.weight_bytes_resident; });
  now.Add(kCounter, "yun_weight_loads_total", "Times that the weights came.",
          [](const Stats& s) { return s.weight_loads; });
  now.Add(kGauge, "yun_weights_failed", "1: the weights could not be had the last time: `yun admin model list`.",
          [](const Stats& s) { return !s.weight_error.empty(); });
  if (fleet) now.AddFleet(*fleet);
  now.Add(kGauge, "yun_batch_rows", "Rows of the last step.", [](const Stats& s) { return s.step_rows; });
  now.Add(kGauge, "yun_batch_sequences", "Requests in the last step.", [](const Stats& s) { return s.step_sequences; });
  now.Add(kCounter, "yun_prompt_tokens_total", "Prompt tokens computed.",
          [](const Stats& s) { return s.prompt_tokens; });
  now.Add(kCounter, "yun_generation_tokens_total", "Tokens drawn.", [](const Stats& s) { return s.generated_tokens; });
  now.Add(kCounter, "yun_steps_total", "Forward passes.", [](const Stats& s) { return s.steps; });
  now.Add(kCounter, "yun_num_preemptions_total", "Times that a running request gave its blocks up to another.",
          [](const Stats& s) { return s.preemptions; });
  now.Add(kCounter, "yun_prefix_cache_queries_total", "Prompt tokens looked for in the prefix cache.",
          [](const Stats& s) { return s.cache_lookup_tokens; });
  now.Add(kCounter, "yun_prefix_cache_hits_total", "Of these, found.",
          [](const Stats& s) { return s.cache_hit_tokens; });
  const auto add_disk = [&](MetricType type, const char* name, const char* help, auto engine::KvDiskStats::*value) {
    now.Add(type, name, help, [value](const Stats& s) { return s.kv_disk.*value; });
  };
  using Disk = engine::KvDiskStats;
  add_disk(kGauge, "yun_kv_disk_bytes", "Disk that cached keys and values of this model take.", &Disk::bytes);
  add_disk(kGauge, "yun_kv_disk_blocks", "Blocks of 16 tokens there.", &Disk::blocks);
  add_disk(kCounter, "yun_kv_disk_hits_total", "Blocks of prompts that memory did not have and the disk had.",
           &Disk::hits);
  add_disk(kCounter, "yun_kv_disk_misses_total", "Blocks of prompts that neither had.", &Disk::misses);
  add_disk(kCounter, "yun_kv_disk_read_blocks_total", "Blocks read back into memory.", &Disk::read);
  add_disk(kCounter, "yun_kv_disk_read_seconds_total", "Time that took.", &Disk::read_seconds);
  add_disk(kCounter, "yun_kv_disk_written_blocks_total", "Blocks written.", &Disk::written);
  add_disk(kCounter, "yun_kv_disk_skipped_blocks_total", "Blocks not written: the disk was too slow, or failed.",
           &Disk::skipped);
  add_disk(kCounter, "yun_kv_disk_evicted_blocks_total", "Blocks that gave way to newer ones.", &Disk::evicted);
  add_disk(kCounter, "yun_kv_disk_damaged_total", "Blocks, or files, found unreadable or wrong, and given up.",
           &Disk::damaged);
  add_disk(kCounter, "yun_kv_disk_write_errors_total", "Writes that failed: a full disk, for one.",
           &Disk::write_errors);
  now.Add(kCounter, "yun_spec_decode_num_draft_tokens_total", "Tokens that speculation proposed.",
          [](const Stats& s) { return s.drafted_tokens; });
  now.Add(kCounter, "yun_spec_decode_num_accepted_tokens_total", "Of these, kept.",
          [](const Stats& s) { return s.accepted_tokens; });
  now.Add(kCounter, "yun_wasted_tokens_total", "Rows computed for nothing: rejected drafts, recomputed prompts.",
          [](const Stats& s) { return s.wasted_tokens; });
  now.AddSteps(
      "yun_iteration_rows", "Rows of a step.", [](const Stats& s) -> const auto& { return s.steps_by_rows; },
      [](const Stats& s) { return s.rows; });
  now.AddSteps(
      "yun_iteration_sequences", "Requests in a step.",
      [](const Stats& s) -> const auto& { return s.steps_by_sequences; }, [](const Stats& s) { return s.sequences; });
  now.AddQueues(cloud.database, cloud.ledger);
  now.AddPrompts(cloud.prompts);
  now.AddProcess(kGauge, "yun_http_requests_in_flight", "Requests whose answer is not complete.",
                 static_cast<double>(requests_in_flight));
  now.AddProcess(kGauge, "process_resident_memory_bytes", "Resident memory.", ResidentBytes());
  now.AddProcess(kGauge, "process_open_fds", "Open file descriptors.", OpenFiles());
  now.AddProcess(kCounter, "process_cpu_seconds_total", "Processor time, user and system.", CpuSeconds());
  const prometheus::TextSerializer text;
  return text.Serialize(now.families_) + text.Serialize(families_->registry.Collect());
}

}  // namespace yun::server
