// The cloud's parts, opened in their order and closed in the opposite one: who may, at what price, and what was used.
#pragma once
#include <filesystem>
#include <memory>
#include <string>

#include "base/result.h"
#include "base/secret.h"
#include "cloud/admission.h"
#include "cloud/clock.h"
#include "cloud/dialogs.h"
#include "cloud/directory.h"
#include "cloud/file_store.h"
#include "cloud/invoice.h"
#include "cloud/ledger.h"
#include "cloud/meter.h"
#include "cloud/partner.h"
#include "cloud/prompts.h"
#include "cloud/quota.h"
#include "cloud/rate_limit.h"
#include "cloud/revenue.h"
#include "cloud/sign_in.h"
#include "cloud/vault.h"
#include "store/database.h"

namespace yun::server {

struct CloudOptions {
  std::filesystem::path home;
  std::string database;          // as store::Database::Open; empty: <home>/cloud.db
  std::filesystem::path vault_key;  // as Vault::Open; empty: <home>/vault.key, made when nothing needs it yet
  bool passing = false;  // in a folder of its own that is removed at the end: beside a server that has the home
  const cloud::Clock* clock = &cloud::SystemClock();
};

/// thread: as its members
struct Cloud {
  explicit Cloud(const cloud::Clock& time) : clock(time) {}

  /// errors: as store::Database::Open, Vault::Open, Directory::Open, Meter::Open, Ledger::Open
  static Result<std::unique_ptr<Cloud>> Open(const CloudOptions& options);

  struct FirstKey {
    Secret<std::string> key;   // empty: there are keys, and none was wished
    Secret<std::string> link;  // of the first start: signs the owner in, once
  };
  /// On an empty database: account, workspace and owner, who owe what they use without bounds. A key where there is
  /// none, or `another`.
  Result<FirstKey> MakeFirst(const std::string& currency, bool another);

  /// A folder that is removed with all that is in it.
  struct PassingFolder {
    std::filesystem::path path;  // empty: none
    ~PassingFolder();
  };

  const cloud::Clock& clock;
  PassingFolder passing;
  std::unique_ptr<store::Database> database;
  std::unique_ptr<const cloud::Vault> vault;
  std::unique_ptr<cloud::Directory> directory;
  std::unique_ptr<cloud::Prompts> prompts;
  std::unique_ptr<cloud::Dialogs> dialogs;
  std::unique_ptr<cloud::FileStore> files;
  std::unique_ptr<cloud::SignIn> sign_in;
  std::unique_ptr<cloud::Meter> meter;
  cloud::RateLimiter limiter{clock};
  std::unique_ptr<cloud::Quotas> quotas;
  std::unique_ptr<cloud::Partners> partners;
  std::unique_ptr<cloud::Ledger> ledger;
  std::unique_ptr<cloud::Invoices> invoices;
  std::unique_ptr<cloud::Revenue> revenue;
  std::unique_ptr<cloud::Admission> admission;
};

}  // namespace yun::server
