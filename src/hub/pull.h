// Brings a model into the store: from a hub, a package, a URL or a folder.
#pragma once
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/secret.h"
#include "hub/catalogue.h"
#include "hub/store.h"

namespace yun::hub {

/// Where the hubs are and who asks.
struct HubSettings {
  std::string hf_endpoint = "https://huggingface.co";
  std::string ms_endpoint = "https://www.modelscope.cn";
  Secret<std::string> hf_token, ms_token;
  std::string prefer;  // "hf" or "ms": which source of a catalogue entry is tried first; empty: in the entry's order
  std::string python = "python3";

  /// <home>/hub.toml (keys hf_endpoint, ms_endpoint, hf_token, ms_token, prefer), and over it the environment:
  /// HF_ENDPOINT, HF_TOKEN, MODELSCOPE_ENDPOINT or MODELSCOPE_DOMAIN, MODELSCOPE_API_TOKEN, YUN_HUB, YUN_PYTHON.
  /// errors: kCorrupt (hub.toml: line), kInvalidArgument (an endpoint that is no http(s) URL)
  static Result<HubSettings> Load(const std::filesystem::path& home);
};

struct PullProgress {
  std::uint64_t bytes_done = 0;
  std::uint64_t bytes_total = 0;    // 0: not known
  std::uint64_t bytes_at_hand = 0;  // of bytes_done, what an earlier run had fetched
  std::uint32_t files_done = 0, files_total = 0;
  std::string_view what;  // "fetching", "checking"
};

struct PullOptions {
  std::string name;      // in the store; empty: the catalogue's, or made of the source
  bool replace = false;  // fetch although a model of the name is there
  std::uint32_t files_at_once = 4;
  std::uint32_t attempts_max = 8;
  double retry_seconds = 1.0;
  std::uint32_t stall_seconds_max = 60;
  const std::atomic<bool>* cancel = nullptr;  // borrows
  /// Both are called from the calling thread, progress about ten times a second.
  std::function<void(const PullProgress&)> on_progress;
  std::function<void(const std::string& note)> on_note;
};

/// The name that a pull of `what` will have in the store. errors: as ParseSource, CheckName
Result<std::string> PullName(const Catalogue& catalogue, std::string_view what, std::string_view name);

/// `what`: a catalogue name or a source (ParseSource). A model that is there already is returned as it is.
/// errors: kNotFound, kNetwork, kUnavailable, kUnauthenticated, kPermissionDenied, kCorrupt, kDisk, kCancelled,
///   kAlreadyExists never; after kNetwork, kUnavailable and kCancelled the same call goes on where it stopped
Result<StoredModel> Pull(Store& store, const Catalogue& catalogue, const HubSettings& settings, std::string_view what,
                         const PullOptions& options);

}  // namespace yun::hub
