// Accounts: who pays, and what stands on their invoices.
#include "cloud/directory.h"
#include "cloud/tax.h"
#include "server/admin/access.h"

namespace yun::server::admin {

namespace json = boost::json;
using cloud::Account;
using cloud::Right;

namespace {

const Schema kAccount{
    "Account",
    {Text("id", "").Required(), Text("name", "").Required(), Text("currency", "ISO 4217; does not change").Required(),
     Text("billing", "").OneOf({"prepaid", "postpaid"}).Required(),
     Amount("credit_limit_micro", "how far below zero a postpaid balance may go").Required(),
     Text("tax_name", "as it stands on invoices").Required(), Integer("tax_ppm", "60000 is 6 %").Required(),
     Text("tax_number", "").Required(), Text("address", "lines, for invoices").Required(),
     Text("email", "where invoices go").Required(),
     Text("status", "").OneOf({"active", "suspended", "closed"}).Required(), Time("created_ms", "").Required()}};

const std::vector<Field> kTerms = {
    Text("billing", "prepaid: nothing goes below zero").OneOf({"prepaid", "postpaid"}),
    Amount("credit_limit_micro", "how far below zero a postpaid balance may go").Between(0, kAmountMax),
    Text("tax_name", "as it stands on invoices").Between(0, 50),
    Integer("tax_ppm", "60000 is 6 %").Between(0, cloud::kTaxPpmMax)};

const std::vector<Field> kLetterHead = {Text("tax_number", "").Between(0, 100),
                                        Text("address", "lines, for invoices").Lines(500),
                                        Text("email", "where invoices go").Between(0, 200).Like(kEmail)};

std::vector<Field> Joined(std::vector<Field> fields, const std::vector<Field>& more, const std::vector<Field>& last) {
  fields.insert(fields.end(), more.begin(), more.end());
  fields.insert(fields.end(), last.begin(), last.end());
  return fields;
}

const Schema kCreate{"AccountCreate", Joined({Text("name", "").Between(1, 100).Required(),
                                              Text("currency", "").Between(3, 3).Like(kCurrency)},
                                             kTerms, kLetterHead)};
const Schema kChange{"AccountChange", Joined({Text("name", "").Between(1, 100),
                                              Text("status", "").OneOf({"active", "suspended", "closed"})},
                                             kTerms, kLetterHead)};
const Schema kBilling{"AccountBilling", kLetterHead};

json::object Write(const Account& a) {
  return {{"id", a.id},
          {"name", a.name},
          {"currency", a.currency},
          {"billing", cloud::BillingName(a.billing)},
          {"credit_limit_micro", a.credit_limit_micro},
          {"tax_name", a.tax_name},
          {"tax_ppm", a.tax_ppm},
          {"tax_number", a.tax_number},
          {"address", a.address},
          {"email", a.email},
          {"status", cloud::StandingName(a.status)},
          {"created_ms", a.created_ms}};
}

void TakeLetterHead(const Values& body, Account& account) {
  account.tax_number = body.Text("tax_number", account.tax_number);
  account.address = body.Text("address", account.address);
  account.email = body.Text("email", account.email);
}
void TakeTerms(const Values& body, Account& account) {
  account.name = body.Text("name", account.name);
  if (const auto billing = cloud::ParseBilling(body.Text("billing"))) account.billing = *billing;
  account.credit_limit_micro = body.Integer("credit_limit_micro", account.credit_limit_micro);
  account.tax_name = body.Text("tax_name", account.tax_name);
  account.tax_ppm = body.Integer("tax_ppm", account.tax_ppm);
  TakeLetterHead(body, account);
}

Result<Reply> List(const Parts& parts, const Ask& ask) {
  std::vector<Account> seen;
  for (Account& account : parts.directory->Accounts())
    if (MayInAccount(parts, ask.caller, account.id, Right::kSeeMoney)) seen.push_back(std::move(account));
  return Page(ask, std::move(seen), [](const Account& a) { return a.id; }, Write);
}

Result<Reply> Create(const Parts& parts, const Ask& ask) {
  Account draft;
  draft.currency = ask.body.Text("currency", draft.currency);
  TakeTerms(ask.body, draft);
  ASSIGN_OR_RETURN(const Account made, parts.directory->MakeAccount(ask.caller.actor, std::move(draft)));
  return Json(Write(made));
}

Result<Reply> Show(const Parts&, const Ask& ask) { return Json(Write(*ask.account)); }

Result<Reply> Change(const Parts& parts, const Ask& ask) {
  Account account = *ask.account;
  TakeTerms(ask.body, account);
  if (const auto status = cloud::ParseStanding(ask.body.Text("status"))) account.status = *status;
  ASSIGN_OR_RETURN(const Account now, parts.directory->UpdateAccount(ask.caller.actor, account));
  return Json(Write(now));
}

Result<Reply> ChangeBilling(const Parts& parts, const Ask& ask) {
  Account account = *ask.account;
  TakeLetterHead(ask.body, account);
  ASSIGN_OR_RETURN(const Account now, parts.directory->UpdateAccount(ask.caller.actor, account));
  return Json(Write(now));
}

}  // namespace

std::vector<Route> AccountRoutes() {
  return {
      {"GET",
       "/accounts",
       "account.list",
       "The accounts whose money you may see",
       Whose::kCaller,
       {},
       List,
       &PageQuery(),
       nullptr,
       &kAccount,
       true},
      {"POST", "/accounts", "account.create", "Makes an account", Whose::kCloud, Right::kOperate, Create, nullptr,
       &kCreate, &kAccount, false, 201, Audit::kBelow},
      {"GET", "/accounts/{account_id}", "account.show", "One account", Whose::kAccount, Right::kSeeMoney, Show, nullptr,
       nullptr, &kAccount},
      {"PATCH", "/accounts/{account_id}", "account.change", "Changes terms and standing", Whose::kAccount,
       Right::kOperate, Change, nullptr, &kChange, &kAccount, false, 200, Audit::kBelow},
      {"PATCH", "/accounts/{account_id}/billing", "account.billing", "Changes what stands on invoices", Whose::kAccount,
       Right::kManageMoney, ChangeBilling, nullptr, &kBilling, &kAccount, false, 200, Audit::kBelow},
  };
}

}  // namespace yun::server::admin
