#include "server/service.h"

#include <algorithm>
#include <iterator>

#include "server/adapters.h"
#include "hub/kept_models.h"
#include "server/served_models.h"

namespace yun::server {

std::uint64_t InFlight::count() const {
  std::lock_guard lock(mutex_);
  return count_;
}

bool InFlight::WaitIdle(std::chrono::milliseconds at_most) {
  std::unique_lock lock(mutex_);
  return idle_.wait_for(lock, at_most, [&] { return count_ == 0; });
}

void InFlight::Change(int by) {
  std::lock_guard lock(mutex_);
  count_ += by;
  if (count_ == 0) idle_.notify_all();
}

Service::Service(std::unique_ptr<Cloud> opened, ServiceOptions how)
    : options(std::move(how)),
      cloud(std::move(opened)),
      addresses(cloud->clock, options.address_requests_per_second),
      tenants(cloud->directory->server_key()),
      workers(options.worker_threads) {
  ticker_ = std::jthread([this](const std::stop_token& stop) { Tick(stop); });
}

Service::~Service() = default;

void Service::Tick(const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any stopped;
  std::vector<std::shared_ptr<KeptAnswer>> answers;
  while (!stop.stop_requested()) {
    {
      std::unique_lock lock(mutex);
      stopped.wait_for(lock, stop, options.keep_alive / 10, [] { return false; });
    }
    answers_.With([&](const auto& kept) {
      for (const auto& [_, answer] : kept) answers.push_back(answer);
    });
    for (const auto& answer : answers) answer->Tick();
    answers.clear();
    // Nobody finds them any more: who is the last to hold one lets it go here, never on its own thread.
    std::vector<std::shared_ptr<engine::Engine>> gone;
    leaving_.With([&](auto& leaving) {
      const auto last = std::ranges::partition(leaving, [](const auto& engine) { return engine.use_count() > 1; });
      gone.assign(std::make_move_iterator(last.begin()), std::make_move_iterator(last.end()));
      leaving.erase(last.begin(), last.end());
    });
  }
}

void Service::AddModel(std::shared_ptr<const Model> model) {
  models_.With([&](auto& models) { models.push_back(std::move(model)); });
}

void Service::RemoveModel(std::string_view id) {
  std::shared_ptr<const Model> last;  // goes without the lock
  models_.With([&](auto& models) {
    const auto found = std::ranges::find(models, id, [](const auto& model) -> std::string_view { return model->id; });
    if (found == models.end()) return;
    last = std::move(*found);
    models.erase(found);
  });
  if (last && !last->adapter) leaving_.With([&](auto& leaving) { leaving.push_back(last->engine); });
}

std::shared_ptr<const Model> Service::FindModel(std::string_view id) const {
  return models_.With([&](const auto& models) -> std::shared_ptr<const Model> {
    for (const auto& model : models)
      if (model->id == id) return model;
    return nullptr;
  });
}

void Service::Keep(std::shared_ptr<KeptAnswer> answer) {
  const KeptAnswer* key = answer.get();
  answers_.With([&](auto& answers) { answers.emplace(key, std::move(answer)); });
}

void Service::Release(const KeptAnswer* answer) {
  const std::shared_ptr<KeptAnswer> last = answers_.With([&](auto& answers) {
    auto node = answers.extract(answer);
    return node ? std::move(node.mapped()) : nullptr;
  });
}

std::vector<std::shared_ptr<const Model>> Service::Models() const {
  return models_.With([](const auto& models) { return models; });
}

}  // namespace yun::server
