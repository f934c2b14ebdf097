#include "server/cloud.h"

#include "cloud/random.h"
#include "server/webhook.h"

namespace yun::server {

namespace {
constexpr std::int64_t kNoBound = 1'000'000'000'000'000;  // micro-units: a thousand million

Result<std::unique_ptr<const cloud::Vault>> OpenVault(const CloudOptions& options, const std::filesystem::path& home,
                                                      store::Database& database) {
  const bool own = options.vault_key.empty() || options.passing;
  const std::filesystem::path file = own ? home / "vault.key" : options.vault_key;
  ASSIGN_OR_RETURN(const bool needed, cloud::AnythingSealed(database));
  Result<cloud::Vault> vault = cloud::Vault::Open(file, own && !needed);
  if (!vault && vault.error().code == Code::kNotFound)
    return Fail(Code::kCorrupt,
                "{} is missing{}. Put it back from where it is kept; if it is lost, `openssl rand -hex 32` makes "
                "another, and what was sealed stays closed.",
                file.string(), needed ? ", but there are secrets in the database that only it can open" : "");
  if (!vault) return tl::unexpected<Error>(vault.error());
  return std::make_unique<const cloud::Vault>(std::move(*vault));
}

}  // namespace

Cloud::PassingFolder::~PassingFolder() {
  std::error_code ec;
  if (!path.empty()) std::filesystem::remove_all(path, ec);
}

Result<std::unique_ptr<Cloud>> Cloud::Open(const CloudOptions& options) {
  auto cloud = std::make_unique<Cloud>(*options.clock);
  std::filesystem::path home = options.home;
  std::error_code ec;
  if (options.passing)
    cloud->passing.path = home = std::filesystem::temp_directory_path(ec) / ("yun_" + cloud::RandomHex(8));
  std::filesystem::create_directories(home, ec);
  if (ec) return Fail(Code::kDisk, "{}: cannot make the folder: {}", home.string(), ec.message());
  const std::string url = options.database.empty() || options.passing ? (home / "cloud.db").string() : options.database;
  ASSIGN_OR_RETURN(cloud->database, store::Database::Open(url));
  store::Database& database = *cloud->database;
  ASSIGN_OR_RETURN(cloud->vault, OpenVault(options, home, database));
  ASSIGN_OR_RETURN(cloud->directory, cloud::Directory::Open(database, home, cloud->clock));
  cloud->prompts = std::make_unique<cloud::Prompts>(database, *cloud->vault, *cloud->directory);
  cloud->dialogs = std::make_unique<cloud::Dialogs>(database, *cloud->vault, cloud->clock);
  ASSIGN_OR_RETURN(cloud->files, cloud::FileStore::Open(database, *cloud->vault, home, cloud->clock));
  cloud->sign_in = std::make_unique<cloud::SignIn>(database, *cloud->directory);
  ASSIGN_OR_RETURN(cloud->meter, cloud::Meter::Open(home));
  ASSIGN_OR_RETURN(cloud->quotas, cloud::Quotas::Open(database, cloud->limiter));
  ASSIGN_OR_RETURN(cloud->partners, cloud::Partners::Open(database, cloud->clock));
  cloud::LedgerOptions ledger;
  ledger.share_of = [partners = cloud->partners.get()](std::string_view model, std::string_view app) {
    return partners->ShareOf(model, app);
  };
  ledger.send = SendWebhook;
  ledger.vault = cloud->vault.get();
  ASSIGN_OR_RETURN(cloud->ledger, cloud::Ledger::Open(database, *cloud->meter, cloud->clock, std::move(ledger)));
  RETURN_IF_ERROR(cloud->partners->Connect(*cloud->ledger));
  ASSIGN_OR_RETURN(cloud->invoices, cloud::Invoices::Open(database, *cloud->ledger, cloud->clock));
  cloud->revenue = std::make_unique<cloud::Revenue>(database);
  cloud->admission = std::make_unique<cloud::Admission>(cloud->limiter, *cloud->ledger, cloud->partners.get());
  return cloud;
}

Result<Cloud::FirstKey> Cloud::MakeFirst(const std::string& currency, bool another) {
  FirstKey first;
  ASSIGN_OR_RETURN(const cloud::Directory::FirstStart start, directory->MakeFirst(currency));
  if (start.made) {
    std::optional<cloud::Workspace> workspace = directory->FindWorkspace(start.workspace_id);
    std::optional<cloud::Account> account = directory->FindAccount(workspace->account_id);
    account->billing = cloud::Billing::kPostpaid;
    account->credit_limit_micro = kNoBound;
    RETURN_IF_ERROR(directory->UpdateAccount({}, *account));
    ASSIGN_OR_RETURN(first.link, sign_in->MakeLink({}, start.person_id));
  }
  bool none = true;
  std::optional<cloud::Member> owner;
  for (const cloud::Workspace& workspace : directory->Workspaces()) {
    none = none && directory->Keys(workspace.id).empty();
    for (const cloud::Member& member : directory->Members(workspace.id))
      if (!owner && member.role == cloud::Role::kOwner) owner = member;
  }
  if (!none && !another) return first;
  if (!owner) return Fail(Code::kNotFound, "no workspace has an owner whose key could be made");
  cloud::KeyDraft draft;
  draft.workspace_id = owner->workspace_id;
  draft.person_id = owner->person_id;
  draft.name = none ? "first" : "made by yun serve";
  ASSIGN_OR_RETURN(cloud::MadeKey made, directory->MakeKey({}, draft));
  first.key = std::move(made.secret);
  return first;
}

}  // namespace yun::server
