// Adapters of served models: each is a model of its own to callers, keys, prices and receipts, "<base>+<name>".
#pragma once
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "base/result.h"
#include "server/service.h"

namespace yun::server {

inline constexpr std::size_t kAdaptersMax = 1024;
inline constexpr std::size_t kAdapterNameBytesMax = 64;

/// thread: any
class Adapters {
 public:
  explicit Adapters(Service& service) : service_(service) {}

  /// Serves the adapter at `path` as "<base>+<name>". base: the model's name; empty: the only one that is served.
  /// errors: kInvalidArgument (name, base, what is at the path: names the tensor), kAlreadyExists, kTooMany
  /// (kAdaptersMax), kUnsupported (a model without weights)
  Result<std::shared_ptr<const Model>> Load(std::string_view name, std::string_view base, const std::string& path);
  /// The same while the server runs: a restart loads it again. errors: and kDisk
  Result<std::shared_ptr<const Model>> Add(std::string_view name, std::string_view base, const std::string& path);
  /// What was added before the last stop. What cannot be loaded is told in the log and by KeptModels.
  void ServeKept();
  /// "NAME=PATH" or "NAME=PATH,base=MODEL". errors: as Load
  Result<std::shared_ptr<const Model>> Load(std::string_view text);
  /// Requests that run with it finish. base: as above. Returns its full name.
  /// errors: kNotFound, kInvalidArgument (of several bases), kDisk
  Result<std::string> Unload(std::string_view name, std::string_view base);

  const Service& service() const { return service_; }

 private:
  Service& service_;
  std::mutex loading_;  // one at a time: names and numbers stay true
};

}  // namespace yun::server
