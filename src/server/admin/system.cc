// The cloud itself: who you are to it, whether its books are in order, and copies of it.
#include <fcntl.h>
#include <unistd.h>

#include <mutex>

#include "base/check.h"
#include "cloud/backup.h"
#include "cloud/directory.h"
#include "cloud/ledger.h"
#include "server/admin/access.h"
#include "server/admin/openapi.h"

namespace yun::server::admin {

namespace fs = std::filesystem;
namespace json = boost::json;
using cloud::Right;

namespace {

constexpr std::int64_t kPartBytesMax = 4 << 20;

const Schema kMe{"Me",
                 {Text("means", "").OneOf({"local", "key", "session"}).Required(), Text("person_id", "").Required(),
                  Text("key_id", "").Required(), Boolean("is_operator", "").Required(),
                  Text("workspace_id", "of a key: nothing else is to be seen").Required()}};
const Schema kQuickQuery{"ReconcileQuery",
                         {Boolean("quick", "receipts by their sums, balances not computed anew: for large ledgers")}};
const Schema kCount{
    "ReconcileCount",
    {Text("model", "").Required(), Text("kind", "").Required(),
     Integer("engine", "units counted by the meter").Required(), Integer("ledger", "in receipts").Required(),
     Integer("in_flight", "of requests without a receipt yet").Required(),
     Integer("difference", "engine - ledger").Required()}};
const Schema kMoney{
    "ReconcileMoney",
    {Text("currency", "").Required(), Amount("charged_micro", "").Required(), Amount("platform_micro", "").Required(),
     Amount("partners_micro", "").Required(), Amount("entries_sum_micro", "of all entries").Required(),
     Amount("difference_micro", "charged - platform - partners").Required()}};
const Schema kReconcile{"Reconciliation",
                        {Boolean("ok", "every difference is 0").Required(), Objects("counts", "", kCount).Required(),
                         Objects("money", "", kMoney).Required(), Integer("receipts", "").Required(),
                         Integer("in_flight", "").Required(), Integer("unbalanced_transactions", "").Required(),
                         Integer("wrong_balances", "").Required(), Integer("negative_reserved", "").Required(),
                         Texts("unpriced_models", "used, and charged 0 since the book has no row").Required()}};
const Schema kBackup{"Backup",
                     {Text("name", "").Required(), Integer("bytes", "").Required(),
                      Text("sha256", "of the file; only when it was made just now")}};
const Schema kPartQuery{"BackupPartQuery",
                        {Integer("offset", "").Required(), Integer("bytes", "at most").Between(1, kPartBytesMax)}};

Result<Reply> OpenApi(const Parts&, const Ask&) { return Reply{.body = OpenApiDocument()}; }

Result<Reply> Me(const Parts&, const Ask& ask) {
  const Caller& c = ask.caller;
  return Json({{"means", c.means == Caller::Means::kLocal ? "local"
                         : c.means == Caller::Means::kKey ? "key"
                                                          : "session"},
               {"person_id", c.person.id},
               {"key_id", c.actor.key_id},
               {"is_operator", c.is_operator},
               {"workspace_id", c.workspace_only}});
}

Result<Reply> Reconcile(const Parts& parts, const Ask& ask) {
  ASSIGN_OR_RETURN(const cloud::Reconciliation found, parts.ledger->Reconcile(ask.query.Boolean("quick")));
  json::array counts, money;
  for (const auto& line : found.lines)
    counts.push_back({{"model", line.model},
                      {"kind", cloud::KindName(line.kind)},
                      {"engine", line.engine},
                      {"ledger", line.ledger},
                      {"in_flight", line.in_flight},
                      {"difference", line.difference()}});
  for (const auto& m : found.money)
    money.push_back({{"currency", m.currency},
                     {"charged_micro", m.charged},
                     {"platform_micro", m.platform},
                     {"partners_micro", m.partners},
                     {"entries_sum_micro", m.entries_sum},
                     {"difference_micro", m.difference()}});
  return Json({{"ok", found.ok()},
               {"counts", std::move(counts)},
               {"money", std::move(money)},
               {"receipts", found.receipts},
               {"in_flight", found.in_flight},
               {"unbalanced_transactions", found.unbalanced_transactions},
               {"wrong_balances", found.wrong_balances},
               {"negative_reserved", found.negative_reserved},
               {"unpriced_models", json::value_from(found.unpriced_models)}});
}

// ---- backups: made on this machine, fetched in parts, removed

fs::path BackupFolder(const Parts& parts) { return parts.home / "backups"; }

struct Kept {
  std::string name;
  std::int64_t bytes = 0, created_ms = 0;
};

std::vector<Kept> KeptBackups(const Parts& parts) {
  std::vector<Kept> kept;
  std::error_code ec;
  for (const fs::directory_entry& entry : fs::directory_iterator(BackupFolder(parts), ec)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with("backup-") || !name.ends_with(".tar") || !kId.fits(name)) continue;
    kept.push_back({name, static_cast<std::int64_t>(entry.file_size(ec)),
                    std::strtoll(name.c_str() + sizeof("backup-") - 1, nullptr, 10)});
  }
  return kept;
}

/// The path of one that is there: no other name reaches the file system.
Result<fs::path> PathOf(const Parts& parts, std::string_view name) {
  for (const Kept& kept : KeptBackups(parts))
    if (kept.name == name) return BackupFolder(parts) / kept.name;
  return NoSuch("backup");
}

Result<Reply> MakeBackup(const Parts& parts, const Ask&) {
  static std::mutex one_at_a_time;
  const std::unique_lock lock(one_at_a_time, std::try_to_lock);
  if (!lock) return Fail(Code::kUnavailable, "Another backup is being made.");
  RETURN_IF_ERROR(parts.ledger->Flush());
  const fs::path folder = BackupFolder(parts);
  std::error_code ec;
  fs::create_directories(folder, ec);
  fs::permissions(folder, fs::perms::owner_all, ec);
  if (ec) return Fail(Code::kDisk, "{}: {}", folder.string(), ec.message());
  const std::int64_t now_ms = parts.clock->unix_ms();
  const std::string name = fmt::format("backup-{}.tar", now_ms);
  ASSIGN_OR_RETURN(const cloud::BackupFile made, cloud::MakeBackup(*parts.database, parts.home, folder / name, now_ms));
  Reply reply = Json({{"name", name}, {"bytes", made.bytes}, {"sha256", made.sha256}});
  reply.target = name;
  return reply;
}

Result<Reply> ListBackups(const Parts& parts, const Ask& ask) {
  return Page(
      ask, KeptBackups(parts), [](const Kept& k) { return k.name; },
      [](const Kept& k) { return json::value({{"name", k.name}, {"bytes", k.bytes}}); });
}

Result<Reply> BackupPart(const Parts& parts, const Ask& ask) {
  ASSIGN_OR_RETURN(const fs::path path, PathOf(parts, ask.Path("name")));
  // All that the cloud knows leaves it.
  cloud::AuditEntry entry{.actor = ask.caller.actor, .action = "backup.read", .target = ask.Path("name")};
  entry.detail_json = json::serialize(json::object{{"offset", ask.query.Integer("offset")}});
  RETURN_IF_ERROR(parts.directory->audit().Append(entry));
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return NoSuch("backup");
  std::string bytes(static_cast<std::size_t>(ask.query.Integer("bytes", kPartBytesMax)), '\0');
  const ssize_t got = ::pread(fd, bytes.data(), bytes.size(), ask.query.Integer("offset"));
  ::close(fd);
  if (got < 0) return Fail(Code::kDisk, "{} cannot be read", path.string());
  bytes.resize(static_cast<std::size_t>(got));
  return Reply{.body = std::move(bytes), .content_type = "application/octet-stream"};
}

Result<Reply> DeleteBackup(const Parts& parts, const Ask& ask) {
  ASSIGN_OR_RETURN(const fs::path path, PathOf(parts, ask.Path("name")));
  std::error_code ec;
  if (!fs::remove(path, ec) || ec) return Fail(Code::kDisk, "{} cannot be removed: {}", path.string(), ec.message());
  return Nothing();
}

}  // namespace

std::vector<Route> SystemRoutes() {
  return {
      {"GET", "/openapi.json", "system.openapi", "This document", Whose::kNobody, {}, OpenApi},
      {"GET", "/me", "system.me", "Who you are here", Whose::kCaller, {}, Me, nullptr, nullptr, &kMe},
      {"GET", "/reconcile", "system.reconcile", "Compares what the engines counted with what the ledger charged",
       Whose::kCloud, Right::kOperate, Reconcile, &kQuickQuery, nullptr, &kReconcile},
      {"GET", "/backups", "backup.list", "The backups kept on the server", Whose::kCloud, Right::kOperate, ListBackups,
       &PageQuery(), nullptr, &kBackup, true},
      {"POST", "/backups", "backup.create", "Makes a backup of the running cloud", Whose::kCloud, Right::kOperate,
       MakeBackup, nullptr, nullptr, &kBackup, false, 201},
      {"GET",
       "/backups/{name}/part",
       "backup.read",
       "A piece of a backup; empty behind its end",
       Whose::kCloud,
       Right::kOperate,
       BackupPart,
       &kPartQuery,
       nullptr,
       nullptr,
       false,
       200,
       Audit::kHere,
       false,
       {"application/octet-stream"}},
      {"DELETE", "/backups/{name}", "backup.delete", "Removes a backup from the server", Whose::kCloud, Right::kOperate,
       DeleteBackup, nullptr, nullptr, nullptr, false, 204},
  };
}

}  // namespace yun::server::admin
