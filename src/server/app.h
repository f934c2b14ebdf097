// Composes everything into a running server: keys, HTTP, models, engines.
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/fields.h"
#include "base/result.h"
#include "base/secret.h"
#include "net/http/server.h"
#include "server/auth/open.h"
#include "server/admin/local.h"
#include "server/service.h"

namespace yun::server {

struct AppOptions {
  std::filesystem::path home;       // the cloud's keys and journal; models by name
  std::string database;             // as store::Database::Open; empty: <home>/cloud.db
  std::string vault_key;            // as CloudOptions
  AuthOptions auth;
  std::string currency = "CNY";     // of the account that the first start makes
  std::vector<std::string> models;  // names of the store or paths; "name=path" serves a path under a name
  std::vector<std::string> adapters;  // "NAME=PATH[,base=MODEL]"
  std::string address = "127.0.0.1";
  std::uint16_t port = 8460;  // 0: any free one
  int threads = 0;            // as EngineOptions
  std::uint32_t context_tokens = 0;
  std::uint64_t cache_bytes = 0;
  /// Of the weights and caches of all models together; weights then come and go as they are needed. 0: no bound.
  std::uint64_t memory_bytes = 0;
  bool switches_tokens = true;         // false: a model with work is never asked to make room
  std::vector<std::string> pinned;     // ids of models whose weights stay
  engine::Precision precision = engine::Precision::kAuto;
  engine::CacheType cache_type = engine::CacheType::kF16;
  std::optional<std::uint64_t> packed_bytes;  // of <home>/packed, as engine::PackedPlace
  std::uint64_t kv_disk_bytes = 0;            // of <home>/kv, for keys and values of all models; 0: none are kept
  std::string kv_key_file;                    // that they are sealed with; empty: they are not
  std::uint32_t running_max = 64;
  std::uint32_t waiting_max = 1024;
  std::uint32_t step_tokens_max = 512;
  bool share_prefix_cache = false;
  bool deterministic = false;
  engine::Speculation speculation = engine::Speculation::kOff;
  std::string draft;  // with kDraft: a model's name or path
  engine::SchedulerOptions policy;
  MetricsAccess metrics = MetricsAccess::kLocal;
  std::string tls_certificate, tls_key;        // PEM files, read again when they change; empty: plain HTTP
  std::vector<std::string> trusted_proxies;    // addresses or CIDR ranges
  std::int64_t address_requests_per_second = 0;  // of one network address; 0: any number
  std::vector<std::string> cors_origins;         // whose pages may use the data routes; "*": any
  std::uint64_t body_bytes_max = api::kBodyBytesMax;
  std::uint32_t header_bytes_max = 32u << 10;
  std::uint32_t connections_max = 4096;
  std::uint32_t drain_seconds_max = 30;
  bool passing = false;                                              // keys and accounts of this run alone
  bool new_key = false;                                              // make a key even if there are some
  std::function<void(std::string_view model, double done)> on_load;  // 0..1, while Load runs
};

/// thread: Create, Load and Drain from one thread; the rest from any
class App {
 public:
  /// Opens the cloud and listens: from here on /healthz answers, and /readyz says "loading".
  /// errors: as Cloud::Open, kUnavailable (port in use), kInvalidArgument (address)
  static Result<std::unique_ptr<App>> Create(AppOptions options);
  ~App();

  /// Loads every model and makes the first key; then the server is ready. errors: as hub::ResolveModel, hub::OpenModel,
  /// engine::Engine::Create
  Status Load();

  /// Reads again what lies in files: certificate and key. What cannot be used is left as it was; the log says why.
  void Reload();
  /// Stops taking requests, lets the running ones finish for at most drain_seconds_max, then closes.
  void Drain();

  std::uint16_t port() const { return http_->port(); }
  std::string url() const { return url_at(port()); }  // "http://127.0.0.1:8460"
  /// As AuthOptions::public_url, or url().
  std::string public_url() const;
  /// The key made by Load; empty when there was one already. Shown once, by whoever asks.
  const Secret<std::string>& made_key() const { return made_key_; }
  /// Of the first start: an address that signs the owner in, once; else empty.
  const Secret<std::string>& made_link() const { return made_link_; }
  Service& service() { return *service_; }

 private:
  explicit App(AppOptions options) : options_(std::move(options)) {}
  std::string url_at(std::uint16_t port) const;
  /// Lets weights come as far as there is room, and has those that are pinned stay.
  Status Settle();
  Status OpenKvDisk();
  Status OpenAdmin();

  AppOptions options_;
  Secret<std::string> made_key_, made_link_;
  std::unique_ptr<Service> service_;
  std::shared_ptr<const void> program_bytes_;  // of the models' fleet
  std::unique_ptr<admin::LocalAccess> local_;  // null: of this run alone, beside a server that has the home
  std::unique_ptr<http::Server> http_;
};

}  // namespace yun::server
