// The admin API against a real directory: who may do what with whose things, and what the handlers say.
#include "server/admin/admin.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <set>

#include "base/file.h"
#include "cloud/clock.h"
#include "cloud/directory.h"
#include "cloud/ledger.h"
#include "cloud/partner.h"
#include "cloud/quota.h"
#include "cloud/random.h"
#include "cloud/rate_limit.h"
#include "cloud/sign_in.h"
#include "cloud/totp.h"
#include "server/admin/access.h"
#include "server/admin/local.h"
#include "server/admin/openapi.h"
#include "store/database.h"

namespace yun::server::admin {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;
using cloud::Right;
using cloud::Role;

constexpr std::string_view kHere = "127.0.0.1", kAway = "192.0.2.7";

// ---- the table

std::set<std::string> ParametersOf(std::string_view path) {
  std::set<std::string> names;
  for (std::size_t at = 0; (at = path.find('{', at)) != std::string_view::npos; ++at)
    names.emplace(path.substr(at + 1, path.find('}', at) - at - 1));
  return names;
}

TEST(AdminTable, EachRowAgreesWithItself) {
  std::set<std::string> operations, places;
  for (const Route& route : Routes()) {
    const std::string name(route.operation);
    EXPECT_TRUE(operations.insert(name).second) << name;
    EXPECT_TRUE(places.insert(std::string(route.method) + " " + std::string(route.path)).second) << name;
    EXPECT_NE(name.find('.'), std::string::npos) << name;
    EXPECT_FALSE(route.about.empty()) << name;
    ASSERT_NE(route.handler, nullptr) << name;
    const std::set<std::string> parameters = ParametersOf(route.path);
    EXPECT_EQ(parameters.contains("workspace_id"), route.whose == Whose::kWorkspace) << name;
    EXPECT_EQ(parameters.contains("account_id"), route.whose == Whose::kAccount) << name;
    EXPECT_EQ(parameters.contains("partner_id"), route.whose == Whose::kPartner) << name;
    if (route.whose == Whose::kCloud) {
      EXPECT_EQ(route.right, Right::kOperate) << name;
    }
    if (route.method == "GET") {
      EXPECT_EQ(route.body, nullptr) << name;
    }
    if (route.once) {
      EXPECT_EQ(route.method, "POST") << name;
    }
    if (route.page) {
      ASSERT_NE(route.query, nullptr) << name;
      for (const char* field : {"limit", "cursor"})
        EXPECT_TRUE(std::any_of(route.query->fields.begin(), route.query->fields.end(),
                                [&](const Field& f) { return f.name == field; }))
            << name << " " << field;
    }
    if (route.status == 204) {
      EXPECT_EQ(route.answer, nullptr) << name;
    }
  }
}

TEST(AdminTable, PathsAreFound) {
  EXPECT_EQ(FindRoute("GET", "/admin/v1/workspaces").route->operation, "workspace.list");
  const Match key = FindRoute("DELETE", "/admin/v1/workspaces/ws_1/keys/key_2");
  ASSERT_NE(key.route, nullptr);
  EXPECT_EQ(key.route->operation, "key.revoke");
  EXPECT_EQ(key.path.at("workspace_id"), "ws_1");
  EXPECT_EQ(key.path.at("key_id"), "key_2");
  // A literal goes before a parameter.
  EXPECT_EQ(FindRoute("GET", "/admin/v1/accounts/acc_1/invoices/preview").route->operation, "invoice.preview");
  EXPECT_EQ(FindRoute("GET", "/admin/v1/accounts/acc_1/invoices/inv_1").route->operation, "invoice.show");
  const Match wrong = FindRoute("PUT", "/admin/v1/workspaces");
  EXPECT_EQ(wrong.route, nullptr);
  EXPECT_EQ(wrong.allowed, "GET, POST");
  for (const char* path : {"", "/", "/admin/v1", "/admin/v1/", "/admin/v1/nothing", "/admin/v1/workspaces/",
                           "/admin/v1/workspaces//keys", "/admin/v1/workspaces/a b", "/admin/v1/workspaces/../keys/x/y",
                           "/admin/v1/workspaces/%00", "/admin/v1/workspaces/ws'--"}) {
    EXPECT_EQ(FindRoute("GET", path).route, nullptr) << path;
    EXPECT_EQ(FindRoute("GET", path).allowed, "") << path;
  }
  EXPECT_EQ(FindRoute("GET", "/admin/v1/workspaces/" + std::string(300, 'a')).route, nullptr);
}

TEST(AdminTable, TheDocumentHasEveryRow) {
  const json::value document = json::parse(OpenApiDocument());
  EXPECT_EQ(document.at("openapi").as_string(), "3.1.0");
  std::size_t count = 0;
  for (const auto& path : document.at("paths").as_object()) {
    EXPECT_TRUE(path.key().starts_with("/admin/v1/")) << path.key();
    for (const auto& operation : path.value().as_object()) {
      ++count;
      EXPECT_TRUE(operation.value().at("responses").as_object().contains("default"));
    }
  }
  EXPECT_EQ(count, Routes().size());
  const json::value& create = document.at("paths").at("/admin/v1/workspaces/{workspace_id}/keys").at("post");
  EXPECT_EQ(create.at("x-yun-right").as_string(), "manage_own_keys");
  EXPECT_EQ(create.at("x-yun-whose").as_string(), "workspace");
  const json::value& schema = document.at("components").at("schemas").at("KeyCreate");
  EXPECT_FALSE(schema.at("additionalProperties").as_bool());
  EXPECT_EQ(json::serialize(schema.at("required")), R"(["name"])");
  // Every reference leads somewhere.
  for (std::size_t at = 0; (at = OpenApiDocument().find("#/components/schemas/", at)) != std::string::npos; ++at) {
    const std::size_t from = at + std::string_view("#/components/schemas/").size();
    const std::string name = OpenApiDocument().substr(from, OpenApiDocument().find('"', from) - from);
    EXPECT_TRUE(document.at("components").at("schemas").as_object().contains(name)) << name;
  }
}

// ---- what goes in

TEST(AdminSchema, TakesWhatItSays) {
  static const Schema inner{"Inner", {Integer("n", "").Between(1, 3)}};
  static const Schema schema{
      "S",
      {Text("name", "a name").Between(1, 5).Required(), Integer("count", "").Between(0, 10), Boolean("on", ""),
       Texts("list", "").Between(0, 2), Object("inner", "", inner), Text("pick", "").OneOf({"a", "b"}),
       Text("ip", "").Like(kAddress), Text("hidden", "").Secret()}};
  const auto ok = ParseBody(schema, R"({"name":"äöü","count":5.0,"on":true,"list":["x"],"inner":{"n":2},"pick":"b",
                                        "ip":"10.0.0.0/8","hidden":"s3cret"})");
  ASSERT_TRUE(ok) << ok.error().message;
  EXPECT_EQ(ok->Text("name"), "äöü");
  EXPECT_EQ(ok->Integer("count"), 5);
  EXPECT_TRUE(ok->Boolean("on"));
  EXPECT_EQ(ok->Texts("list"), std::vector<std::string>{"x"});
  EXPECT_EQ(ok->Object("inner")->Integer("n"), 2);
  EXPECT_EQ(json::serialize(ok->Public()).find("s3cret"), std::string::npos);
  EXPECT_EQ(ParseBody(schema, R"({"name":"a","count":null})")->Integer("count", 7), 7);

  struct Case {
    const char* body;
    const char* param;
    const char* code;
  };
  for (const Case& c : {Case{"{}", "name", "missing_required_parameter"},
                        {R"({"name":null})", "name", "missing_required_parameter"},
                        {R"({"name":"a","other":1})", "other", "unknown_parameter"},
                        {R"({"name":""})", "name", "invalid_value"},
                        {R"({"name":"abcdef"})", "name", "invalid_value"},
                        {R"({"name":"a\u0007"})", "name", "invalid_value"},
                        {R"({"name":"a\u0000"})", "name", "invalid_value"},
                        {R"({"name":5})", "name", "invalid_type"},
                        {R"({"name":"a","count":11})", "count", "invalid_value"},
                        {R"({"name":"a","count":-1})", "count", "invalid_value"},
                        {R"({"name":"a","count":1.5})", "count", "invalid_type"},
                        {R"({"name":"a","count":1e300})", "count", "invalid_type"},
                        {R"({"name":"a","count":18446744073709551615})", "count", "invalid_value"},
                        {R"({"name":"a","count":true})", "count", "invalid_type"},
                        {R"({"name":"a","on":1})", "on", "invalid_type"},
                        {R"({"name":"a","list":["x","y","z"]})", "list", "invalid_value"},
                        {R"({"name":"a","list":[1]})", "list", "invalid_type"},
                        {R"({"name":"a","list":"x"})", "list", "invalid_type"},
                        {R"({"name":"a","inner":{"n":4}})", "inner.n", "invalid_value"},
                        {R"({"name":"a","inner":{"m":1}})", "inner.m", "unknown_parameter"},
                        {R"({"name":"a","inner":[]})", "inner", "invalid_type"},
                        {R"({"name":"a","pick":"c"})", "pick", "invalid_value"},
                        {R"({"name":"a","ip":"10.0.0.0/33"})", "ip", "invalid_value"},
                        {R"({"name":"a","ip":"localhost"})", "ip", "invalid_value"},
                        {"[]", "", "invalid_json"},
                        {"", "", "invalid_json"},
                        {"{\"name\":\"\xff\"}", "", "invalid_json"}}) {
    const auto wrong = ParseBody(schema, c.body);
    ASSERT_FALSE(wrong) << c.body;
    EXPECT_EQ(wrong.error().status, 400);
    EXPECT_EQ(wrong.error().param, c.param) << c.body;
    EXPECT_EQ(wrong.error().code, c.code) << c.body;
  }
}

TEST(AdminSchema, TakesQueries) {
  const Schema& page = PageQuery();
  EXPECT_EQ(ParseQuery(page, "limit=7&cursor=a.b")->Integer("limit"), 7);
  EXPECT_EQ(ParseQuery(page, "")->Integer("limit", 5), 5);
  for (const char* wrong : {"limit=0", "limit=1001", "limit=x", "limit=", "limit=1&limit=2", "other=1", "limit=1e2",
                            "limit=9999999999999999999999", "cursor=%ff"})
    EXPECT_FALSE(ParseQuery(page, wrong)) << wrong;
}

// ---- rights

class AdminApi : public testing::Test {
 protected:
  void SetUp() override {
    home_ = fs::temp_directory_path() / ("yun_admin_" + std::to_string(::getpid()));
    fs::remove_all(home_);
    fs::create_directories(home_);
    database_ = *store::Database::Open("sqlite:" + (home_ / "t.db").string());
    directory_ = *cloud::Directory::Open(*database_, home_, clock_);
    first_ = *directory_->MakeFirst("CNY");
    sign_in_ = std::make_unique<cloud::SignIn>(
        *database_, *directory_, cloud::SignInOptions{.password_operations = 1, .password_memory_bytes = 8192});
    partners_ = *cloud::Partners::Open(*database_, clock_);
    meter_ = *cloud::Meter::Open(home_);
    ledger_ = *cloud::Ledger::Open(*database_, *meter_, clock_);
    quotas_ = *cloud::Quotas::Open(*database_, limiter_);
    Parts parts;
    parts.ledger = ledger_.get();
    parts.quotas = quotas_.get();
    parts.partners = partners_.get();
    parts.database = database_.get();
    parts.directory = directory_.get();
    parts.sign_in = sign_in_.get();
    parts.clock = &clock_;
    parts.home = home_;
    parts.local_key = LocalAccess::MakeKey();
    parts.url = "http://cloud";
    admin_ = std::make_unique<Admin>(std::move(parts));
    local_ = "Bearer " + admin_->parts().local_key;
    shop_ = MakeWorkspace("shop");
    other_ = MakeWorkspace("other");
  }
  void TearDown() override {
    admin_.reset();
    quotas_.reset();
    ledger_.reset();
    meter_.reset();
    partners_.reset();
    sign_in_.reset();
    directory_.reset();
    database_.reset();
    fs::remove_all(home_);
  }

  /// With an account of its own, and no members but the operator as its owner.
  std::string MakeWorkspace(const std::string& name) {
    const auto made = Do("POST", "/workspaces", R"({"name":")" + name + R"("})", local_);
    EXPECT_EQ(made.status, 201) << made.body;
    return std::string(json::parse(made.body).at("id").as_string());
  }
  std::string AccountOf(const std::string& workspace) { return directory_->FindWorkspace(workspace)->account_id; }
  /// A person with a role in a workspace; "Bearer <key for administration>".
  std::string KeyOf(Role role, const std::string& workspace, std::vector<std::string> endpoints = {"admin"}) {
    const cloud::Person person = *directory_->MakePerson(
        {}, {.email = cloud::RandomHex(4) + "@example.com", .name = std::string(cloud::RoleName(role))});
    EXPECT_TRUE(directory_->SetMember({}, workspace, person.id, role));
    people_[std::string(cloud::RoleName(role)) + workspace] = person.id;
    const auto key = directory_->MakeKey({}, {workspace, person.id, "k", {.endpoints = std::move(endpoints)}, 0});
    EXPECT_TRUE(key);
    return "Bearer " + key->secret.Reveal();
  }
  Reply Do(const std::string& method, const std::string& path, const std::string& body = "",
           const std::string& authorization = "", http::Headers more = {}, std::string_view ip = kHere) {
    http::Request request;
    request.method = method;
    const std::size_t query = path.find('?');
    request.path = "/admin/v1" + path.substr(0, query);
    if (query != std::string::npos) request.query = path.substr(query + 1);
    request.body = body;
    request.headers = std::move(more);
    if (!authorization.empty()) request.headers.emplace_back("authorization", authorization);
    if (!body.empty()) request.headers.emplace_back("content-type", "application/json");
    return admin_->Answer(request, ip, false, "req_test");
  }
  static json::value Json(const Reply& reply) { return json::parse(reply.body); }
  static std::string CookieOf(const Reply& entered) {
    for (const auto& [name, value] : entered.headers)
      if (name == "set-cookie") return value;
    return {};
  }
  /// What a console sends in the session that this answer began: the cookie, and the token.
  static http::Headers HeadersOf(const Reply& entered) {
    EXPECT_EQ(entered.status, 201) << entered.body;
    const std::string cookie = CookieOf(entered);
    return {{"cookie", "a=b; " + cookie.substr(0, cookie.find(';'))},
            {"x-csrf-token", std::string(Json(entered).at("csrf_token").as_string())}};
  }
  http::Headers Enter(const std::string& person_id) {
    const std::string token = sign_in_->MakeLink({}, person_id)->Reveal();
    return HeadersOf(Do("POST", "/session/link", R"({"token":")" + token + R"("})"));
  }

  fs::path home_;
  cloud::ManualClock clock_;
  std::unique_ptr<store::Database> database_;
  std::unique_ptr<cloud::Directory> directory_;
  std::unique_ptr<cloud::SignIn> sign_in_;
  std::unique_ptr<cloud::Partners> partners_;
  std::unique_ptr<cloud::Meter> meter_;
  std::unique_ptr<cloud::Ledger> ledger_;
  cloud::RateLimiter limiter_{clock_};
  std::unique_ptr<cloud::Quotas> quotas_;
  std::unique_ptr<Admin> admin_;
  cloud::Directory::FirstStart first_;
  std::string local_, shop_, other_;
  std::map<std::string, std::string> people_;
};

/// Each role against each route that names a workspace or an account, with its own ids, another's, and nobody's.
TEST_F(AdminApi, EveryRoleOnEveryRoute) {
  const auto ours = partners_->AddPartner("ours", AccountOf(shop_));
  const auto theirs = partners_->AddPartner("theirs", AccountOf(other_));
  ASSERT_TRUE(ours && theirs);
  for (const Role role : cloud::kRoles) {
    const std::string key = KeyOf(role, shop_);
    http::Request request;
    request.headers = {{"authorization", key}};
    const auto caller = Identify(admin_->parts(), request, kHere, false, true);
    ASSERT_TRUE(caller) << caller.error().message;
    EXPECT_EQ(caller->workspace_only, shop_);
    for (const Route& route : Routes()) {
      if (route.whose == Whose::kNobody || route.whose == Whose::kCaller) continue;
      const auto status = [&](const std::string& workspace, const std::string& account, const std::string& partner) {
        Ask ask;
        ask.caller = *caller;
        ask.path = {{"workspace_id", workspace}, {"account_id", account}, {"partner_id", partner}};
        const auto admitted = Admit(admin_->parts(), route, std::move(ask));
        return admitted ? 200 : admitted.error().status;
      };
      const std::string name = std::string(route.operation) + " as " + std::string(cloud::RoleName(role));
      const bool may = route.right != Right::kOperate && cloud::May(role, route.right);
      // The shop's account has another owner in no other workspace: so a right there is a right in the account.
      EXPECT_EQ(status(shop_, AccountOf(shop_), ours->id), may ? 200 : 403) << name;
      const int foreign = route.whose == Whose::kCloud ? 403 : 404;
      EXPECT_EQ(status(other_, AccountOf(other_), theirs->id), foreign) << name;
      EXPECT_EQ(status("ws_none", "acc_none", "prt_none"), foreign) << name;
    }
  }
}

TEST_F(AdminApi, AnAccountNeedsTheRightInEachOfItsWorkspaces) {
  const std::string owner = KeyOf(Role::kOwner, shop_);
  EXPECT_EQ(Do("GET", "/accounts/" + AccountOf(shop_), "", owner).status, 200);
  EXPECT_EQ(Json(Do("GET", "/accounts", "", owner)).at("data").as_array().size(), 1u);
  ASSERT_EQ(Do("POST", "/workspaces", R"({"name":"second","account_id":")" + AccountOf(shop_) + R"("})", local_).status,
            201);
  EXPECT_EQ(Do("GET", "/accounts/" + AccountOf(shop_), "", owner).status, 403);
  EXPECT_EQ(Json(Do("GET", "/accounts", "", owner)).at("data").as_array().size(), 0u);
}

TEST_F(AdminApi, KeysMustBeForAdministration) {
  EXPECT_EQ(Do("GET", "/workspaces").status, 401);
  EXPECT_EQ(Do("GET", "/workspaces", "", "Bearer sk-wrong").status, 401);
  EXPECT_EQ(Do("GET", "/workspaces", "", "Basic " + local_.substr(7)).status, 401);
  EXPECT_EQ(Do("GET", "/workspaces", "", KeyOf(Role::kOwner, shop_, {})).status, 403);
  EXPECT_EQ(Do("GET", "/workspaces", "", KeyOf(Role::kOwner, shop_, {"chat"})).status, 403);
  EXPECT_EQ(Do("GET", "/openapi.json").status, 200);
  // The machine's own key is good on the machine alone.
  EXPECT_EQ(Do("GET", "/workspaces", "", local_).status, 200);
  EXPECT_EQ(Do("GET", "/workspaces", "", local_, {}, "::1").status, 200);
  EXPECT_EQ(Do("GET", "/workspaces", "", local_, {}, kAway).status, 401);
  EXPECT_EQ(Do("GET", "/workspaces", "", local_.substr(0, local_.size() - 1)).status, 401);
  EXPECT_EQ(Do("GET", "/workspaces", "", local_ + "0").status, 401);
}

TEST_F(AdminApi, OnlyTheirOwnIsListed) {
  const json::value all = Json(Do("GET", "/workspaces", "", local_));
  EXPECT_EQ(all.at("data").as_array().size(), 3u);
  const json::value theirs = Json(Do("GET", "/workspaces", "", KeyOf(Role::kViewer, shop_)));
  ASSERT_EQ(theirs.at("data").as_array().size(), 1u);
  EXPECT_EQ(theirs.at("data").at(0).at("id").as_string(), shop_);
  EXPECT_EQ(theirs.at("data").at(0).at("role").as_string(), "viewer");
  // In pages, each once.
  std::set<std::string> seen;
  std::string cursor;
  for (int page = 0; page < 3; ++page) {
    const json::value got =
        Json(Do("GET", "/workspaces?limit=1" + (cursor.empty() ? "" : "&cursor=" + cursor), "", local_));
    ASSERT_EQ(got.at("data").as_array().size(), 1u);
    seen.emplace(got.at("data").at(0).at("id").as_string());
    EXPECT_EQ(got.at("next_cursor").is_null(), page == 2);
    if (page < 2) cursor = got.at("next_cursor").as_string();
  }
  EXPECT_EQ(seen.size(), 3u);
  EXPECT_EQ(Do("GET", "/workspaces?cursor=x", "", local_).status, 400);
}

TEST_F(AdminApi, NobodyRisesAboveTheirRole) {
  const std::string admin = KeyOf(Role::kAdmin, shop_), owner = KeyOf(Role::kOwner, shop_);
  const std::string members = "/workspaces/" + shop_ + "/members";
  const std::string owner_id = people_["owner" + shop_], admin_id = people_["admin" + shop_];
  EXPECT_EQ(Do("POST", members, R"({"email":"a@b.c","role":"owner"})", admin).status, 403);
  EXPECT_EQ(Do("PATCH", members + "/" + admin_id, R"({"role":"owner"})", admin).status, 403);
  EXPECT_EQ(Do("PATCH", members + "/" + owner_id, R"({"role":"viewer"})", admin).status, 403);
  EXPECT_EQ(Do("DELETE", members + "/" + owner_id, "", admin).status, 403);
  // A key in an owner's name would be an owner's rights.
  const std::string keys = "/workspaces/" + shop_ + "/keys";
  std::string owners;
  for (const cloud::ApiKey& key : directory_->Keys(shop_))
    if (key.person_id == owner_id) owners = key.id;
  EXPECT_EQ(Do("POST", keys, R"({"name":"x","person_id":")" + owner_id + R"("})", admin).status, 403);
  EXPECT_EQ(Do("POST", keys + "/" + owners + "/rotate", "{}", admin).status, 403);
  EXPECT_EQ(Do("PATCH", keys + "/" + owners, R"({"name":"y"})", admin).status, 200);
  // Nor may a key of an owner's, whose secret others may know, be made to do more.
  EXPECT_EQ(Do("PATCH", keys + "/" + owners, R"({"endpoints":["chat","admin"]})", admin).status, 403);
  EXPECT_EQ(Do("PATCH", keys + "/" + owners, R"({"ip_ranges":["0.0.0.0/0"]})", admin).status, 403);
  EXPECT_EQ(Do("PATCH", keys + "/" + owners, R"({"endpoints":["chat","admin"]})", owner).status, 200);

  // A developer sees and makes keys of their own alone.
  const std::string developer = KeyOf(Role::kDeveloper, shop_);
  EXPECT_EQ(Json(Do("GET", keys, "", developer)).at("data").as_array().size(), 1u);
  EXPECT_EQ(Do("POST", keys, R"({"name":"x","person_id":")" + owner_id + R"("})", developer).status, 403);
  EXPECT_EQ(Do("POST", keys, R"({"name":"x"})", developer).status, 201);
  const std::string someone = owners;
  EXPECT_EQ(Do("DELETE", keys + "/" + someone, "", developer).status, 404);
  EXPECT_EQ(Do("DELETE", keys + "/" + someone, "", owner).status, 204);
  const std::string still = KeyOf(Role::kOwner, shop_);
  // A key of another workspace is unknown in this one.
  KeyOf(Role::kOwner, other_);
  const std::string foreign = directory_->Keys(other_).front().id;
  EXPECT_EQ(Do("GET", keys + "/" + foreign, "", still).status, 404);
  EXPECT_EQ(Do("DELETE", keys + "/" + foreign, "", local_).status, 404);
}

TEST_F(AdminApi, ARevokedKeysLimitsGo) {
  const std::string owner = KeyOf(Role::kOwner, shop_), keys = "/workspaces/" + shop_ + "/keys";
  const Reply made = Do("POST", keys, R"({"name":"app","limits":{"requests_per_minute":60}})", owner);
  ASSERT_EQ(made.status, 201) << made.body;
  EXPECT_EQ(quotas_->List(AccountOf(shop_)).size(), 1u);
  EXPECT_EQ(Do("DELETE", keys + "/" + std::string(Json(made).at("id").as_string()), "", owner).status, 204);
  EXPECT_TRUE(quotas_->List(AccountOf(shop_)).empty());
}

TEST_F(AdminApi, AMemberByEmail) {
  const std::string members = "/workspaces/" + shop_ + "/members", owner = KeyOf(Role::kOwner, shop_);
  const Reply added = Do("POST", members, R"({"email":"li@example.com","role":"developer","name":"Li"})", owner);
  ASSERT_EQ(added.status, 201) << added.body;
  const std::string link(Json(added).at("sign_in_link").as_string());
  EXPECT_TRUE(link.starts_with("http://cloud/auth/link?token=")) << link;
  EXPECT_EQ(Do("POST", members, R"({"email":"li@example.com","role":"viewer"})", owner).status, 409);
  // In another workspace the person is known, and nobody gets a way into their account. But who invited them has one:
  // so they come in only when it is sure whose the address is.
  const std::string others = "/workspaces/" + other_ + "/members";
  const std::string body = R"({"email":"li@example.com","role":"viewer"})";
  const std::string other_owner = KeyOf(Role::kOwner, other_);
  EXPECT_EQ(Do("POST", others, body, other_owner).status, 403);
  ASSERT_TRUE(sign_in_->WithIdentity({"https://issuer", "li", "li@example.com", true, "Li"}, {}));
  const Reply again = Do("POST", others, body, other_owner);
  ASSERT_EQ(again.status, 201) << again.body;
  EXPECT_FALSE(Json(again).as_object().contains("sign_in_link"));
  EXPECT_EQ(Do("POST", members, R"({"role":"viewer"})", owner).status, 400);

  EXPECT_EQ(Do("POST", "/session/link", R"({"token":")" + link.substr(link.find('=') + 1) + R"("})").status, 401);
  const Reply second = Do("POST", members, R"({"email":"bo@example.com","role":"developer"})", owner);
  const std::string other_link(Json(second).at("sign_in_link").as_string());
  const std::string token = other_link.substr(other_link.find('=') + 1);
  EXPECT_EQ(Do("POST", "/session/link", R"({"token":")" + token + R"("})").status, 201);
  // An operator knows whom they add; so does a member of the same customer.
  EXPECT_EQ(Do("POST", others, R"({"email":"bo@example.com","role":"viewer"})", local_).status, 201);
  ASSERT_EQ(Do("POST", "/people", R"({"name":"Cy","email":"cy@example.com"})", local_).status, 201);
  EXPECT_EQ(Do("POST", others, R"({"email":"cy@example.com","role":"viewer"})", other_owner).status, 201);
  EXPECT_EQ(Do("POST", "/session/link", R"({"token":")" + token + R"("})").status, 401);
  // A name that SQL would like.
  EXPECT_EQ(Do("PATCH", "/workspaces/" + shop_, R"({"name":"'; DROP TABLE workspace; --"})", owner).status, 200);
  EXPECT_EQ(Json(Do("GET", "/workspaces/" + shop_, "", owner)).at("name").as_string(), "'; DROP TABLE workspace; --");
}

TEST_F(AdminApi, SessionsNeedTheirToken) {
  const http::Headers both = Enter(first_.person_id), with = {both[0]};
  http::Headers wrong = with, foreign = both;
  wrong.emplace_back("x-csrf-token", std::string(both[1].second.size(), '0'));
  foreign.emplace_back("sec-fetch-site", "cross-site");
  for (const auto& [method, path, body] :
       {std::tuple{"POST", "/workspaces", R"({"name":"x"})"}, std::tuple{"DELETE", "/session", ""},
        std::tuple{"PATCH", "/session", R"({"name":"x"})"}, std::tuple{"DELETE", "/sessions", ""},
        std::tuple{"PUT", "/session/password", R"({"password":"correct horse"})"},
        std::tuple{"POST", "/session/totp", ""}, std::tuple{"POST", "/session/totp/confirm", R"({"code":"000000"})"},
        std::tuple{"POST", "/session/totp/remove", R"({"password":"correct horse"})"}}) {
    EXPECT_EQ(Do(method, path, body, "", with).status, 403) << path;
    EXPECT_EQ(Do(method, path, body, "", wrong).status, 403) << path;
    EXPECT_EQ(Do(method, path, body, "", foreign).status, 403) << path;
    EXPECT_EQ(Do(method, path, body, "", {both[1]}).status, 401) << path;
  }
  EXPECT_EQ(Do("GET", "/session", "", "", with).status, 200) << "nothing of it was done";
  EXPECT_EQ(Do("POST", "/workspaces", R"({"name":"x"})", "", both).status, 201);
  EXPECT_EQ(Do("DELETE", "/session", "", "", both).status, 204);
  EXPECT_EQ(Do("GET", "/session", "", "", with).status, 401);
  EXPECT_EQ(Do("GET", "/session", "", local_).status, 403) << "no session";
}

TEST_F(AdminApi, OtherSitesCanMakeNobodySignIn) {
  const cloud::Person li = *directory_->MakePerson({}, {.email = "li@example.com", .name = "Li"});
  ASSERT_TRUE(sign_in_->SetPassword({}, li.id, "correct horse"));
  for (const auto& [header, status] : {std::pair{std::pair{"sec-fetch-site", "cross-site"}, 403},
                                       std::pair{std::pair{"sec-fetch-site", "same-site"}, 403},
                                       std::pair{std::pair{"origin", "https://evil.example.com"}, 403},
                                       std::pair{std::pair{"origin", "null"}, 403},
                                       std::pair{std::pair{"origin", "http://cloud"}, 201},
                                       std::pair{std::pair{"sec-fetch-site", "same-origin"}, 201}})
    EXPECT_EQ(Do("POST", "/session", R"({"email":"li@example.com","password":"correct horse"})", "",
                 {{header.first, header.second}})
                  .status,
              status)
        << header.second;
}

TEST_F(AdminApi, TheCookieIsBoundToTls) {
  const std::string token = sign_in_->MakeLink({}, first_.person_id)->Reveal();
  http::Request request;
  request.method = "POST", request.path = "/admin/v1/session/link", request.body = R"({"token":")" + token + R"("})";
  request.headers = {{"content-type", "application/json"}};
  const Reply entered = admin_->Answer(request, kHere, true, "req_test");
  const std::string set = CookieOf(entered);
  for (const char* part : {"__Host-yun_session=", "; Path=/;", "; HttpOnly", "; SameSite=Lax", "; Secure"})
    EXPECT_NE(set.find(part), std::string::npos) << set;
  EXPECT_EQ(set.find("Domain"), std::string::npos);
  request.method = "GET", request.path = "/admin/v1/session", request.body = "";
  request.headers = {{"cookie", "a=b; " + set.substr(0, set.find(';'))}};
  EXPECT_EQ(admin_->Answer(request, kHere, true, "req_test").status, 200);
  EXPECT_EQ(admin_->Answer(request, kHere, false, "req_test").status, 401);
  request.headers = Enter(first_.person_id);
  EXPECT_TRUE(request.headers[0].second.starts_with("a=b; yun_session="));
  EXPECT_EQ(admin_->Answer(request, kHere, true, "req_test").status, 401) << "it came without TLS";
}

TEST_F(AdminApi, ASessionSaysWhoIsSignedInAndWhere) {
  const cloud::Person li = *directory_->MakePerson({}, {.email = "li@example.com", .name = "Li"});
  ASSERT_TRUE(directory_->SetMember({}, shop_, li.id, Role::kViewer));
  const http::Headers first = Enter(li.id), second = Enter(li.id);
  const json::value told = Json(Do("GET", "/session", "", "", first));
  EXPECT_EQ(told.at("email").as_string(), "li@example.com");
  EXPECT_EQ(told.at("method").as_string(), "link");
  ASSERT_EQ(told.at("workspaces").as_array().size(), 1u);
  EXPECT_EQ(told.at("workspaces").at(0).at("id").as_string(), shop_);
  EXPECT_EQ(told.at("workspaces").at(0).at("role").as_string(), "viewer");
  const std::string rights = json::serialize(told.at("workspaces").at(0).at("rights"));
  EXPECT_NE(rights.find("see_usage"), std::string::npos);
  EXPECT_EQ(rights.find("operate"), std::string::npos);
  const json::value all = Json(Do("GET", "/sessions", "", "", first));
  ASSERT_EQ(all.at("data").as_array().size(), 2u);
  int current = 0;
  for (const json::value& row : all.at("data").as_array())
    if (row.at("current").as_bool()) current += row.at("id") == told.at("id");
  EXPECT_EQ(current, 1);
  EXPECT_EQ(Do("DELETE", "/sessions", "", "", first).status, 204);
  EXPECT_EQ(Do("GET", "/session", "", "", first).status, 401);
  EXPECT_EQ(Do("GET", "/session", "", "", second).status, 401);
}

TEST_F(AdminApi, OnesOwnNameAndAddress) {
  const cloud::Person li = *directory_->MakePerson({}, {.email = "li@example.com", .name = "li@example.com"});
  const http::Headers lis = Enter(li.id), operators = Enter(first_.person_id);
  EXPECT_EQ(Json(Do("PATCH", "/session", R"({"name":"Li"})", "", lis)).at("name").as_string(), "Li");
  EXPECT_EQ(directory_->FindPerson(li.id)->name, "Li");
  EXPECT_EQ(Do("PATCH", "/session", R"({"email":"other@example.com"})", "", lis).status, 403);
  // The first operator has no address yet.
  EXPECT_EQ(Do("PUT", "/session/password", R"({"password":"correct horse"})", "", operators).status, 400);
  EXPECT_EQ(Do("PATCH", "/session", R"({"email":"li@example.com"})", "", operators).status, 409);
  EXPECT_EQ(Do("PATCH", "/session", R"({"email":"me@example.com"})", "", operators).status, 200);
  EXPECT_EQ(Do("PUT", "/session/password", R"({"password":"correct horse"})", "", operators).status, 204);
  EXPECT_EQ(Do("POST", "/session", R"({"email":"me@example.com","password":"correct horse"})").status, 201);
  EXPECT_EQ(Do("POST", "/session", R"({"email":"me@example.com","password":"wrong horse!"})").status, 401);
}

TEST_F(AdminApi, ThePasswordIsAskedForWhereASessionIsNotEnough) {
  const cloud::Person li = *directory_->MakePerson({}, {.email = "li@example.com", .name = "Li"});
  ASSERT_TRUE(sign_in_->SetPassword({}, li.id, "correct horse"));
  const auto set = [&](const http::Headers& session, const std::string& password, const std::string& current) {
    const std::string more = current.empty() ? "" : R"(,"current_password":")" + current + R"(")";
    return Do("PUT", "/session/password", R"({"password":")" + password + R"(")" + more + "}", "", session).status;
  };
  const http::Headers session =
      HeadersOf(Do("POST", "/session", R"({"email":"li@example.com","password":"correct horse"})"));
  EXPECT_EQ(set(session, "another horse", ""), 403);
  EXPECT_EQ(set(session, "another horse", "wrong"), 403);
  EXPECT_EQ(set(session, "short", "correct horse"), 400);
  EXPECT_EQ(set(session, "another horse", "correct horse"), 204);
  EXPECT_EQ(Do("GET", "/session", "", "", session).status, 200) << "this session stays";
  // Who comes by a link has lost the old one; a session left open for long may be somebody else's.
  const http::Headers by_link = Enter(li.id);
  clock_.Advance(599'999);
  EXPECT_EQ(set(by_link, "a third horse", ""), 204);
  clock_.Advance(1);
  EXPECT_EQ(set(by_link, "a fourth horse", ""), 403);
}

TEST_F(AdminApi, ASecondFactorIsAskedFor) {
  const cloud::Person li = *directory_->MakePerson({}, {.email = "li@example.com", .name = "Li"});
  ASSERT_TRUE(sign_in_->SetPassword({}, li.id, "correct horse"));
  const auto enter = [&](const std::string& code) {
    return Do("POST", "/session", R"({"email":"li@example.com","password":"correct horse","code":")" + code + R"("})");
  };
  const http::Headers session = HeadersOf(enter(""));
  const Reply begun = Do("POST", "/session/totp", "", "", session);
  ASSERT_EQ(begun.status, 201) << begun.body;
  const std::string secret = *cloud::ParseBase32(std::string_view(Json(begun).at("secret").as_string()));
  const auto code = [&] { return cloud::TotpCode(secret, clock_.unix_ms() / cloud::kTotpStepMs); };
  const auto confirm = [&](const std::string& text) {
    return Do("POST", "/session/totp/confirm", R"({"code":")" + text + R"("})", "", session).status;
  };
  EXPECT_EQ(confirm(code() == "000000" ? "000001" : "000000"), 400);
  EXPECT_EQ(confirm(code()), 204);
  clock_.Advance(cloud::kTotpStepMs);
  const Reply missing = enter("");
  EXPECT_EQ(missing.status, 401);
  EXPECT_EQ(Json(missing).at("error").at("code").as_string(), "code_needed");
  EXPECT_EQ(enter(code()).status, 201);
  EXPECT_EQ(enter(code()).status, 401) << "a replay";
  EXPECT_EQ(Do("POST", "/session/totp/remove", R"({"password":"wrong horse!"})", "", session).status, 403);
  EXPECT_EQ(Do("POST", "/session/totp/remove", R"({"password":"correct horse"})", "", session).status, 204);
  EXPECT_EQ(enter("").status, 201);
}

TEST_F(AdminApi, ChangesAreInTheAuditLog) {
  const std::string owner = KeyOf(Role::kOwner, shop_);
  const Reply made = Do("POST", "/workspaces/" + shop_ + "/keys", R"({"name":"web"})", owner);
  ASSERT_EQ(made.status, 201);
  const std::string secret(Json(made).at("secret").as_string());
  const json::value log = Json(Do("GET", "/workspaces/" + shop_ + "/audit", "", owner));
  const std::string text = json::serialize(log);
  EXPECT_NE(text.find("key.create"), std::string::npos);
  EXPECT_EQ(text.find(secret), std::string::npos);
  EXPECT_EQ(text.find(other_), std::string::npos);
  EXPECT_TRUE(Json(Do("GET", "/audit/verify", "", local_)).at("ok").as_bool());
  const Reply lines = Do("GET", "/audit?format=jsonl&limit=2", "", local_);
  EXPECT_EQ(std::count(lines.body.begin(), lines.body.end(), '\n'), 2);
  EXPECT_EQ(lines.content_type, "application/jsonl");
}

TEST_F(AdminApi, WrongRequestsAreNamed) {
  EXPECT_EQ(Do("GET", "/nothing", "", local_).status, 404);
  const Reply wrong = Do("PUT", "/workspaces", "{}", local_);
  EXPECT_EQ(wrong.status, 405);
  EXPECT_EQ(Do("POST", "/workspaces", "{", local_).status, 400);
  EXPECT_EQ(Do("POST", "/workspaces", "", local_).status, 415);
  EXPECT_EQ(Do("GET", "/workspaces?what=1", "", local_).status, 400);
  EXPECT_EQ(Do("GET", "/me", R"({"a":1})", local_).status, 400);
  const json::value error = Json(Do("POST", "/workspaces", R"({"name":7})", local_));
  EXPECT_EQ(error.at("error").at("param").as_string(), "name");
  EXPECT_EQ(error.at("request_id").as_string(), "req_test");
  // Who may not do it learns nothing of how it is done.
  EXPECT_EQ(Do("POST", "/workspaces", "{", KeyOf(Role::kOwner, shop_)).status, 403);
}

TEST(AdminLocal, TheNoteGoesWithTheServer) {
  const fs::path home = fs::temp_directory_path() / ("yun_local_" + std::to_string(::getpid()));
  fs::create_directories(home);
  {
    const LocalAccess local(home, LocalAccess::MakeKey());
    ASSERT_TRUE(local.Announce("http://127.0.0.1:1"));
    EXPECT_EQ(fs::status(home / "server.json").permissions(), fs::perms::owner_read | fs::perms::owner_write);
    EXPECT_EQ(json::parse(*ReadFile(home / "server.json", 4096)).at("url").as_string(), "http://127.0.0.1:1");
  }
  EXPECT_FALSE(fs::exists(home / "server.json"));
  fs::remove_all(home);
}

}  // namespace
}  // namespace yun::server::admin
