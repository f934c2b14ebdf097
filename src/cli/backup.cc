// yun backup, yun restore: a whole cloud in one file, of a running server or of one that stands still.
#include <fcntl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstring>
#include <memory>

#include "cli/admin_client.h"
#include "cli/admin_text.h"
#include "cli/commands.h"
#include "cli/interrupt.h"
#include "cli/progress.h"
#include "cli/report.h"
#include "cloud/backup.h"
#include "cloud/clock.h"
#include "hub/store.h"
#include "store/database.h"

namespace yun::cli {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

struct Options {
  std::string file, url, key, home, database;
};

fs::path HomeOf(const Options& options) { return options.home.empty() ? hub::HomeFolder() : fs::path(options.home); }

std::string DatabaseOf(const Options& options) {
  return options.database.empty() ? cloud::DefaultDatabase(HomeOf(options)) : options.database;
}

/// Piece by piece into a file that appears when it is complete and its hashes fit.
Result<cloud::BackupFile> Fetch(const AdminClient& client, const fs::path& file) {
  ASSIGN_OR_RETURN(const json::value made, client.AskJson("POST", "/backups"));
  const std::string name(made.at("name").as_string());
  const fs::path part = file.string() + ".part";
  const int fd = ::open(part.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return Fail(Code::kDisk, "{}: cannot write: {}", part.string(), std::strerror(errno));
  const auto fetch = [&]() -> Status {
    for (std::uint64_t offset = 0;;) {
      ASSIGN_OR_RETURN(const http::FetchResponse piece,
                       client.Ask("GET", fmt::format("/backups/{}/part?offset={}", UrlText(name), offset)));
      if (piece.body.empty()) break;
      if (::write(fd, piece.body.data(), piece.body.size()) != static_cast<ssize_t>(piece.body.size()))
        return Fail(Code::kDisk, "{}: cannot write: {}", part.string(), std::strerror(errno));
      offset += piece.body.size();
    }
    if (::fsync(fd) != 0) return Fail(Code::kDisk, "{}: cannot write: {}", part.string(), std::strerror(errno));
    return {};
  };
  const Status fetched = fetch();
  ::close(fd);
  std::error_code ec;
  const auto removed = client.Ask("DELETE", "/backups/" + UrlText(name));
  if (!removed)
    std::fprintf(stderr, "yun: %s stays on the server: %s\n", name.c_str(), removed.error().message.c_str());
  Result<cloud::BackupFile> checked =
      fetched ? cloud::CheckBackup(part) : Result<cloud::BackupFile>(tl::unexpected(fetched.error()));
  if (checked && checked->sha256 != made.at("sha256").as_string())
    checked = Fail(Code::kCorrupt, "{} is not what the server made", part.string());
  if (checked) fs::rename(part, file, ec);
  if (checked && ec) checked = Fail(Code::kDisk, "{}: {}", file.string(), ec.message());
  if (!checked) fs::remove(part, ec);
  return checked;
}

Result<int> Backup(const Options& options) {
  Interrupted();
  const fs::path file = options.file;
  std::error_code ec;
  if (fs::exists(file, ec)) return Fail(Code::kAlreadyExists, "{} exists already", file.string());
  const auto running = FindAdminServer(options.url, options.key, HomeOf(options));
  Result<cloud::BackupFile> made = Fail(Code::kNotFound, "no server");
  if (running) made = Fetch(AdminClient(*running), file);
  // Nobody answers there: the last server was killed, and the database is free.
  const bool nobody = !running || (!made && made.error().code == Code::kNetwork && options.url.empty());
  if (nobody) {
    ASSIGN_OR_RETURN(const std::unique_ptr<store::Database> database, store::Database::Open(DatabaseOf(options)));
    made = cloud::MakeBackup(*database, HomeOf(options), file, cloud::SystemClock().unix_ms());
  }
  if (!made) return tl::unexpected<Error>(made.error());
  std::printf("%s: %s, SHA-256 %s\n", file.c_str(), SizeText(static_cast<std::uint64_t>(made->bytes)).c_str(),
              made->sha256.c_str());
  std::printf("It holds the secrets of the cloud: keep it as safe as the server.\n");
  return 0;
}

Result<int> Restore(const Options& options) {
  ASSIGN_OR_RETURN(const cloud::BackupFile restored,
                   cloud::RestoreBackup(options.file, HomeOf(options), DatabaseOf(options)));
  std::printf("restored the cloud of %s UTC into %s\n", TimeText(restored.made_ms).c_str(), HomeOf(options).c_str());
  return 0;
}

Result<int> Check(const Options& options) {
  ASSIGN_OR_RETURN(const cloud::BackupFile checked, cloud::CheckBackup(options.file));
  std::printf("%s: whole, made %s UTC, schema %lld, SHA-256 %s\n", options.file.c_str(),
              TimeText(checked.made_ms).c_str(), static_cast<long long>(checked.schema_version),
              checked.sha256.c_str());
  return 0;
}

void AddDatabase(CLI::App& c, Options& options) {
  c.add_option("--home", options.home, "the server's folder (default: $YUN_HOME, else ~/.local/share/yun)");
  c.add_option("--database", options.database, "as `yun serve --database`; none: the file in the folder");
}

}  // namespace

void RegisterBackup(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<Options>();
  CLI::App* c = app.add_subcommand("backup", "copy a cloud into one file, while it runs");
  c->add_option("FILE", options->file, "appears when it is complete")->required();
  c->add_option("--url", options->url, "the server; else YUN_URL, else the one that runs on this machine");
  c->add_option("--api-key", options->key, "an operator's key; else YUN_API_KEY, else this machine's own");
  AddDatabase(*c, *options);
  auto check = std::make_shared<bool>(false);
  c->add_flag("--check", *check, "only read FILE, and compare its hashes");
  c->footer(
      "Examples:\n"
      "  yun backup monday.tar              of the server on this machine, running or not\n"
      "  yun backup monday.tar --check      is it whole?\n"
      "  yun restore monday.tar --home /srv/yun");
  c->callback([options, check, &exit_code] { exit_code = ExitCode(*check ? Check(*options) : Backup(*options)); });
}

void RegisterRestore(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<Options>();
  CLI::App* c = app.add_subcommand("restore", "make a cloud of a backup, in an empty folder");
  c->add_option("FILE", options->file, "made by `yun backup`")->required();
  AddDatabase(*c, *options);
  c->footer(
      "Models are not part of a backup: pull them again, or copy them. Uploaded files are not either, nor the list of\n"
      "models added while the server ran: copy the folder files/ and models.json of the old home into the new one.\n"
      "Examples:\n"
      "  yun restore monday.tar --home /srv/yun\n"
      "  yun restore monday.tar --home /srv/yun --database postgres://yun@db/yun     an empty database");
  c->callback([options, &exit_code] { exit_code = ExitCode(Restore(*options)); });
}

}  // namespace yun::cli
