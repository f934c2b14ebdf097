#include "server/service.h"

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

void Service::AddModel(std::shared_ptr<const Model> model) {
  models_.With([&](auto& models) { models.push_back(std::move(model)); });
}

std::shared_ptr<const Model> Service::FindModel(std::string_view id) const {
  return models_.With([&](const auto& models) -> std::shared_ptr<const Model> {
    for (const auto& model : models)
      if (model->id == id) return model;
    return nullptr;
  });
}

void Service::Keep(std::shared_ptr<void> answer) {
  const void* key = answer.get();
  answers_.With([&](auto& answers) { answers.emplace(key, std::move(answer)); });
}

void Service::Release(const void* answer) {
  const std::shared_ptr<void> last = answers_.With([&](auto& answers) {
    auto node = answers.extract(answer);
    return node ? std::move(node.mapped()) : nullptr;
  });
}

std::vector<std::shared_ptr<const Model>> Service::Models() const {
  return models_.With([](const auto& models) { return models; });
}

}  // namespace yun::server
