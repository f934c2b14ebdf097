#include "server/app.h"

#include <algorithm>
#include <chrono>

#include "base/log.h"
#include "cipher/key_file.h"
#include "server/adapters.h"
#include "server/admin/local.h"
#include "server/call.h"
#include "hub/kept_models.h"
#include "server/served_models.h"
#include "server/routes.h"

namespace yun::server {

namespace {
constexpr int kIoThreads = 2;
// Measured, with some room above: what the program takes before it has a model, and under load whatever it serves.
constexpr std::uint64_t kProgramBytes = 48u << 20;
constexpr int kWorkerThreads = 2;  // templates, tokenising, text: small beside the engine
}  // namespace

Result<std::unique_ptr<App>> App::Create(AppOptions options) {
  std::unique_ptr<App> app(new App(std::move(options)));
  const AppOptions& o = app->options_;
  std::vector<cloud::IpRange> proxies;
  for (const std::string& text : o.trusted_proxies) {
    auto range = cloud::ParseIpRange(text);
    if (!range) return Wrap(std::move(range.error()), "trusted proxy");
    proxies.push_back(*range);
  }
  for (const std::string& origin : o.cors_origins) RETURN_IF_ERROR(CheckCorsOrigin(origin));
  ASSIGN_OR_RETURN(auto cloud, Cloud::Open({.home = o.home,
                                            .database = o.database,
                                            .vault_key = o.vault_key,
                                            .passing = o.passing}));
  app->service_ = std::make_unique<Service>(
      std::move(cloud), ServiceOptions{.worker_threads = kWorkerThreads,
                                      .share_prefix_cache = o.share_prefix_cache,
                                      .metrics = o.metrics,
                                      .trusted_proxies = std::move(proxies),
                                      .address_requests_per_second = o.address_requests_per_second,
                                      .cors_origins = o.cors_origins});
  ASSIGN_OR_RETURN(app->service_->auth, OpenAuth(o.auth, app->url_at(o.port), *app->service_->cloud->directory,
                                                 *app->service_->cloud->sign_in));
  app->service_->batches = std::make_unique<Batches>(*app->service_);

  ASSIGN_OR_RETURN(app->service_->tasks, Tasks::Open(*app->service_));

  http::ServerOptions http;
  http.address = o.address;
  http.port = o.port;
  http.io_threads = kIoThreads;
  http.body_bytes_max = o.body_bytes_max;
  http.header_bytes_max = o.header_bytes_max;
  http.connections_max = o.connections_max;
  http.tls_certificate = o.tls_certificate;
  http.tls_key = o.tls_key;
  http.drain_seconds_max = o.drain_seconds_max;
  http.error_answer = [](int status, std::string_view message, std::string_view path) {
    const std::string id = NewRequestId();
    return http::ErrorAnswer{DialectOf(path).write_error(HttpError(status, message), id), {{"x-request-id", id}}};
  };
  ASSIGN_OR_RETURN(app->http_, http::Server::Create(std::move(http), [service = app->service_.get()](
                                                                         http::Request request,
                                                                         std::shared_ptr<http::Responder> responder) {
                     Handle(*service, std::move(request), std::move(responder));
                   }));
  return app;
}

App::~App() {
  if (!service_) return;
  service_->phase = Phase::kDraining;
  http_.reset();
  if (service_->tasks) service_->tasks->Stop();
  if (service_->batches) service_->batches->Stop();
  service_->auth_workers.Stop();
  service_->admin_workers.Stop();
  service_->workers.Stop();  // before the engines go: a job may be using one
}

Status App::Load() {
  service_->kept = std::make_unique<hub::KeptModels>(options_.passing ? "" : options_.home / hub::kKeptModelsFile);
  service_->models = std::make_unique<ServedModels>(*service_, options_);
  if (!options_.passing) engine::RemoveUnfinishedPacked(options_.home / engine::kPackedFolder);
  const auto kept = service_->kept->All();
  if (options_.models.size() > 1 || options_.memory_bytes > 0 ||
      std::ranges::any_of(kept, [](const hub::KeptModel& model) { return model.base.empty(); }))
    service_->fleet = std::make_shared<engine::Fleet>(
        engine::ResidencyOptions{.bytes = options_.memory_bytes, .switches = options_.switches_tokens},
        options_.threads);
  if (service_->fleet) {
    const bool stages = options_.kv_disk_bytes > 0 && !options_.passing;
    auto program = service_->fleet->Reserve(kProgramBytes + (stages ? engine::KvDiskOptions().staging_bytes : 0));
    if (!program) return Wrap(std::move(program.error()), "the program");
    program_bytes_ = std::move(*program);
  }
  RETURN_IF_ERROR(OpenKvDisk());
  for (const std::string& wanted : options_.models) RETURN_IF_ERROR(service_->models->Serve(wanted));
  service_->models->ServeKept();
  RETURN_IF_ERROR(Settle());
  service_->adapters = std::make_unique<Adapters>(*service_);
  for (const std::string& wanted : options_.adapters) {
    auto loaded = service_->adapters->Load(wanted);
    if (!loaded) return Wrap(std::move(loaded.error()), "adapter");
  }
  service_->adapters->ServeKept();
  // Only now: a start that fails must not make a key that nobody sees.
  ASSIGN_OR_RETURN(Cloud::FirstKey first, service_->cloud->MakeFirst(options_.currency, options_.new_key));
  made_key_ = std::move(first.key);
  if (const std::string& token = first.link.Reveal(); !token.empty())
    made_link_ = Secret<std::string>(public_url() + "/auth/link?token=" + token);
  RETURN_IF_ERROR(OpenAdmin());
  Phase loading = Phase::kLoading;
  service_->phase.compare_exchange_strong(loading, Phase::kReady);
  return {};
}

Status App::OpenKvDisk() {
  if (options_.kv_disk_bytes == 0 || options_.passing) return {};
  engine::KvDiskOptions disk;
  disk.folder = options_.home / engine::kKvFolder;
  disk.bytes_max = options_.kv_disk_bytes;
  if (!options_.kv_key_file.empty()) {
    ASSIGN_OR_RETURN(const std::vector<cipher::Key> keys, cipher::ReadKeyFile(options_.kv_key_file, false));
    disk.key = keys.back();
  }
  auto opened = engine::KvDisk::Open(std::move(disk));
  if (opened) service_->kv_disk = std::move(*opened);
  else log::warn("no cached keys and values are kept on disk: {}", opened.error().message);  // it is only a cache
  return {};
}

Status App::Settle() {
  if (!service_->fleet) {
    if (!options_.pinned.empty())
      return Fail(Code::kInvalidArgument, "to pin '{}' takes several models, or --memory", options_.pinned.front());
    return {};
  }
  engine::Fleet& fleet = *service_->fleet;
  for (const std::string& name : options_.pinned) RETURN_IF_ERROR(fleet.Pin(name, true));
  std::uint64_t bytes = fleet.bytes_used();
  for (const bool pinned : {true, false})
    for (const engine::FleetRow& row : fleet.Rows()) {
      if (row.pinned != pinned || (fleet.bytes() > 0 && bytes + row.weight_bytes > fleet.bytes())) continue;
      bytes += row.weight_bytes;
      RETURN_IF_ERROR(service_->models->Load(row.name));
    }
  return {};
}

Status App::OpenAdmin() {
  Cloud& cloud = *service_->cloud;
  admin::Parts parts;
  parts.database = cloud.database.get();
  parts.directory = cloud.directory.get();
  parts.sign_in = cloud.sign_in.get();
  parts.ledger = cloud.ledger.get();
  parts.quotas = cloud.quotas.get();
  parts.partners = cloud.partners.get();
  parts.invoices = cloud.invoices.get();
  parts.revenue = cloud.revenue.get();
  parts.prompts = cloud.prompts.get();
  parts.clock = &cloud.clock;
  parts.adapters = service_->adapters.get();
  parts.models = service_->models.get();
  parts.home = options_.passing ? cloud.passing.path : options_.home;
  parts.url = public_url();
  if (!options_.passing) {
    parts.local_key = admin::LocalAccess::MakeKey();
    local_ = std::make_unique<admin::LocalAccess>(options_.home, parts.local_key);
    RETURN_IF_ERROR(local_->Announce(url()));
  }
  service_->admin = std::make_unique<admin::Admin>(std::move(parts));
  return {};
}

void App::Reload() { (void)http_->ReloadCertificate(); }

void App::Drain() {
  service_->phase = Phase::kDraining;  // /readyz says so while the running requests finish
  if (!service_->in_flight.WaitIdle(std::chrono::seconds(options_.drain_seconds_max)))
    log::warn("{} requests did not finish within {} s; they are broken off", service_->in_flight.count(),
              options_.drain_seconds_max);
  http_->Drain();
}

std::string App::url_at(std::uint16_t port) const {
  const bool any = options_.address == "0.0.0.0" || options_.address == "::";
  const std::string host = any ? "127.0.0.1" : options_.address;
  return fmt::format("{}://{}:{}", options_.tls_certificate.empty() ? "http" : "https",
                     host.find(':') != std::string::npos ? "[" + host + "]" : host, port);
}

std::string App::public_url() const {
  return options_.auth.public_url.empty() ? url() : service_->auth->public_url();
}

}  // namespace yun::server
