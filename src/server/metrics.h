// The server's figures in Prometheus' text format: of each model, and of each model and workspace.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cloud/prompts.h"
#include "engine/engine.h"
#include "store/queue_stats.h"

namespace yun::server {

/// What the engine says of one model, for Metrics::Text.
struct ModelStats {
  std::string model;
  engine::EngineStats stats;
  engine::FleetRow place = {};  // of a model alone: nothing
};

/// What the cloud's queues say, for Metrics::Text.
struct CloudStats {
  store::QueueStats database, ledger;
  cloud::PromptCounts prompts;
};

/// Counts the requests of one model and one workspace. thread: all methods from any thread
class RequestMetrics {
 public:
  struct Series;  // the library's counters and histograms
  explicit RequestMetrics(std::unique_ptr<Series> series);
  ~RequestMetrics();

  /// The first tokens of an answer came, this long after its request.
  void FirstTokens(std::size_t tokens, double seconds);
  /// More came, this long after those before. With speculation one step gives several, as one event.
  void MoreTokens(std::size_t tokens, double seconds);
  /// An answer ended, on whatever way. `counted`: tokens that were told of above. `seconds`: since the request came.
  void Ended(engine::FinishReason reason, const engine::Usage& usage, std::uint64_t counted, double seconds);
  /// The engine did not take it: queue full, an objective out of reach.
  void Refused();

 private:
  const std::unique_ptr<Series> series_;
};

/// thread: all methods from any thread
class Metrics {
 public:
  Metrics();
  ~Metrics();

  /// As many workspaces have rows of their own; those that come later are counted together, as "other".
  static constexpr std::size_t kWorkspacesMax = 100;

  /// Lives as long as this object.
  RequestMetrics& Of(std::string_view model, std::string_view workspace);

  /// source: the text format 0.0.4, https://prometheus.io/docs/instrumenting/exposition_formats/
  /// fleet: null where each model has the machine for itself
  std::string Text(const std::vector<ModelStats>& models, const engine::Fleet* fleet, const CloudStats& cloud,
                   std::uint64_t requests_in_flight) const;

 private:
  struct Families;
  const std::unique_ptr<Families> families_;
};

}  // namespace yun::server
