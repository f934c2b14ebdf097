// The models that are served: opened at the start and while the server runs, removed, their weights' coming and going.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "base/result.h"
#include "server/service.h"

namespace yun::server {

struct AppOptions;

inline constexpr std::size_t kModelsMax = 1024;
inline constexpr std::size_t kModelNameBytesMax = 200;

/// thread: any
class ServedModels {
 public:
  /// borrows: both
  ServedModels(Service& service, const AppOptions& options) : service_(service), options_(options) {}

  /// As `yun serve` takes it: a name of the store, a path, or NAME=PATH.
  /// errors: as hub::ResolveModel, hub::OpenModel, engine::Engine::Create; kAlreadyExists
  Status Serve(const std::string& wanted);
  /// What operators added before the last stop. What cannot be served is told in the log and by KeptModels.
  void ServeKept();

  /// While the server runs; a restart serves it again. name: empty: the store's, or the file's.
  /// errors: kInvalidArgument (name, what is at the source), kAlreadyExists, kTooMany (kModelsMax), kUnsupported (a
  /// server of one model alone), kNoMemory (says what is needed and there)
  Result<std::shared_ptr<const Model>> Add(std::string name, std::string source, std::uint64_t cache_bytes);
  /// With its adapters. Requests that run finish; then its memory is free.
  /// errors: kNotFound, kInvalidArgument (adapter), kDisk
  Status Remove(std::string_view id);

  /// Has its weights come, as a request would. errors: kNotFound, kInvalidArgument (adapter), as Engine::WantWeights
  Status Load(std::string_view id);
  /// Has its weights go as soon as it has no work; whether that was so at once.
  /// errors: as Load; kInvalidArgument (pinned)
  Result<bool> Unload(std::string_view id);
  /// Its weights come, and stay, until the server stops. errors: as Load; as Fleet::Pin, kUnsupported (no fleet)
  Status Pin(std::string_view id, bool pinned);

  const Service& service() const { return service_; }

 private:
  /// id: empty: by the source
  Result<std::shared_ptr<const Model>> Open(std::string id, const std::string& source, std::uint64_t cache_bytes);
  Result<std::shared_ptr<const Model>> Find(std::string_view id) const;

  Service& service_;
  const AppOptions& options_;
  std::mutex opening_;  // one at a time: names and numbers stay true
};

}  // namespace yun::server
