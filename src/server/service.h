// What every handler works with: the models, the keys, the phase the server is in, the requests in flight.
#pragma once
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/guarded.h"
#include "cloud/tenant.h"
#include "engine/engine.h"
#include "server/admin/admin.h"
#include "server/auth/auth.h"
#include "server/batches.h"
#include "server/cloud.h"
#include "server/constraint.h"
#include "server/edge.h"
#include "server/metrics.h"
#include "server/tasks.h"
#include "server/workers.h"
#include "text/chat/output_reader.h"
#include "text/chat/template.h"
#include "text/tokenizer/tokenizer.h"

namespace yun::hub {
class KeptModels;
}

namespace yun::server {

class Adapters;
class ServedModels;

/// A model being served under a name.
struct Model {
  std::string id;
  std::int64_t created_unix = 0;
  std::shared_ptr<const Tokenizer> tokenizer;
  std::shared_ptr<const ChatTemplate> chat_template;  // null: completions only
  ToolStyle tool_style = ToolStyle::kNone;            // how it writes calls, by its template
  std::shared_ptr<const Grammars> grammars;
  std::optional<engine::Pooling> pooling = engine::Pooling::kMean;  // of embeddings; none: in no way that we know
  std::shared_ptr<engine::Engine> engine;          // an adapter's is its base's
  std::shared_ptr<const engine::Adapter> adapter;  // null: the model as it is
  std::string base;                                // of an adapter: the model that it belongs to
};

enum class Phase { kLoading, kReady, kDraining };

/// Counts requests from the moment they are taken until their answer is complete.
/// thread: all methods from any thread
class InFlight {
 public:
  /// One request; leaves the count when it is destroyed.
  class Ticket {
   public:
    explicit Ticket(InFlight& owner) : owner_(&owner) { owner.Change(+1); }
    Ticket(Ticket&& other) noexcept : owner_(std::exchange(other.owner_, nullptr)) {}
    Ticket& operator=(Ticket&&) = delete;
    ~Ticket() {
      if (owner_) owner_->Change(-1);
    }

   private:
    InFlight* owner_;
  };

  std::uint64_t count() const;
  /// Waits until no request is in flight, at most this long; whether it came to that.
  bool WaitIdle(std::chrono::milliseconds at_most);

 private:
  void Change(int by);
  mutable std::mutex mutex_;
  std::condition_variable idle_;
  std::uint64_t count_ = 0;
};

/// Who may read /metrics without more ado. Anyone on this machine may, except through a proxy that says so.
enum class MetricsAccess {
  kLocal,  // nobody else: figures name every workspace
  kKey,    // also an operator with a key
  kOpen,   // everybody
};

struct ServiceOptions {
  int worker_threads = 2;
  bool share_prefix_cache = false;  // one prefix cache for all keys: faster, but times tell what others have asked
  MetricsAccess metrics = MetricsAccess::kLocal;
  std::chrono::milliseconds keep_alive{10000};  // a stream that is silent for so long sends a comment
  std::vector<cloud::IpRange> trusted_proxies;  // whose X-Forwarded-For is believed
  std::int64_t address_requests_per_second = 0;  // of one network address; 0: any number
  std::vector<std::string> cors_origins;         // whose pages may use the data routes; "*": any
};

/// An answer on its way.
class KeptAnswer {
 public:
  virtual ~KeptAnswer() = default;
  /// Called now and then, at least ten times in ServiceOptions::keep_alive; must not block.
  virtual void Tick() = 0;
};

inline constexpr int kAuthThreads = 2;  // so that a slow provider or password keeps no answer waiting

inline constexpr int kAdminThreads = 2;  // one for what takes long, one beside it

/// thread: members are atomic, guarded, or fixed after construction
class Service {
 public:
  Service(std::unique_ptr<Cloud> opened, ServiceOptions how);
  ~Service();

  void AddModel(std::shared_ptr<const Model> model);
  /// What is under way with it ends first; then its engine goes, unless it is another's too.
  void RemoveModel(std::string_view id);
  std::shared_ptr<const Model> FindModel(std::string_view id) const;  // null: none of that name
  std::vector<std::shared_ptr<const Model>> Models() const;

  /// Keeps an answer alive until Release, or until the service goes.
  void Keep(std::shared_ptr<KeptAnswer> answer);
  void Release(const KeptAnswer* answer);

  std::atomic<Phase> phase{Phase::kLoading};
  std::shared_ptr<engine::Fleet> fleet;  // null: each model has the machine for itself; set before the first AddModel
  std::shared_ptr<engine::KvDisk> kv_disk;  // null: nothing cached is kept on disk; set before the first AddModel
  const ServiceOptions options;
  const std::unique_ptr<Cloud> cloud;  // outlives the engines, whose ends it settles
  std::unique_ptr<Auth> auth;  // null: nobody can sign in; set before the server listens
  std::unique_ptr<Batches> batches;  // set before the server listens
  std::unique_ptr<hub::KeptModels> kept;  // this and the next two: set before the phase is kReady
  std::unique_ptr<ServedModels> models;
  std::unique_ptr<Adapters> adapters;
  std::unique_ptr<admin::Admin> admin;  // set before the phase is kReady
  std::unique_ptr<Tasks> tasks;         // set before the server listens
  AddressLimiter addresses;
  const cloud::TenantNumbers tenants;
  Metrics metrics;
  InFlight in_flight;

 private:
  void Tick(const std::stop_token& stop);
  Guarded<std::unordered_map<const KeptAnswer*, std::shared_ptr<KeptAnswer>>> answers_;

 public:
  Workers workers;  // stopped before the models go
  Workers admin_workers{kAdminThreads};
  Workers auth_workers{kAuthThreads};

 private:
  Guarded<std::vector<std::shared_ptr<const Model>>> models_;
  Guarded<std::vector<std::shared_ptr<engine::Engine>>> leaving_;  // of removed models
  std::jthread ticker_;  // the first to go
};

}  // namespace yun::server
