// The handlers against a scripted engine and a recording client: no network, no model.
#include <gtest/gtest.h>
#include <spdlog/sinks/ostream_sink.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <cmath>
#include <condition_variable>
#include <deque>
#include <filesystem>
#include <fstream>
#include <future>
#include <iterator>
#include <map>
#include <set>
#include <sstream>

#include "base/check.h"
#include "base/log.h"
#include "server/routes.h"
#include "server/values.h"

namespace yun::server {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;
using engine::FinishReason;

/// Tokens are bytes; 256 is special ("<end>"), 257 the word "word".
class ByteTokenizer : public Tokenizer {
 public:
  std::vector<TokenId> Encode(std::string_view text, bool, std::span<const std::size_t> = {}) const override {
    std::vector<TokenId> ids;
    for (unsigned char c : text) ids.push_back(c);
    return ids;
  }
  std::string_view Bytes(TokenId id) const override {
    if (id == 256) return "<end>";
    if (id == 257) return "word";
    return id >= 0 && id < 256 ? std::string_view(&bytes_[static_cast<std::size_t>(id)], 1) : std::string_view();
  }
  std::string Decode(std::span<const TokenId> ids, bool) const override {
    std::string out;
    for (TokenId id : ids) out += Bytes(id);
    return out;
  }
  bool IsSpecial(TokenId id) const override { return id == 256; }
  TokenId Find(std::string_view) const override { return -1; }
  std::int32_t size() const override { return 258; }
  TokenId bos_id() const override { return -1; }
  TokenId eos_id() const override { return 256; }
  bool add_bos() const override { return false; }

 private:
  const std::string bytes_ = [] {
    std::string b;
    for (int i = 0; i < 256; ++i) b.push_back(static_cast<char>(i));
    return b;
  }();
};

/// "user: hi\n" and so on.
class PlainTemplate : public ChatTemplate {
 public:
  Result<PromptText> Render(const json::array& messages, const json::array&, const RenderOptions&) const override {
    std::string out;
    for (const json::value& m : messages) {
      if (m.at("content").as_string() == "raise") return Fail(Code::kInvalidArgument, "the template refuses");
      out += std::string(m.at("role").as_string()) + ": " + std::string(m.at("content").as_string()) + "\n";
    }
    return PromptText{out};
  }
};

/// Keeps what was submitted; the test plays the engine's part.
class ScriptedEngine : public engine::Engine {
 public:
  Result<std::vector<std::shared_ptr<engine::Stream>>> SubmitGroup(engine::GenerateRequest request,
                                                                    std::uint32_t count) override {
    std::lock_guard lock(mutex_);
    if (refuse_at_ <= requests_.size()) return tl::unexpected(Error{Code::kTooMany, "the queue is full", 7});
    std::vector<std::shared_ptr<engine::Stream>> group;
    for (std::uint32_t i = 0; i < count; ++i) {
      group.push_back(std::make_shared<engine::Stream>());
      sinks_[group.back().get()] = request.usage_sinks[i];
      requests_.push_back(request);
      requests_.back().usage_sinks.clear();
      if (request.sampling.seed) ++*request.sampling.seed;
    }
    streams_.insert(streams_.end(), group.begin(), group.end());
    submitted_.notify_all();
    return group;
  }
  Result<engine::Forecast> Foresee(const engine::GenerateRequest& request) override {
    std::lock_guard lock(mutex_);
    foreseen_tokens_ += request.prompt.size();
    return engine::Forecast{.cached_tokens = 2, .waiting = 4, .running = 3, .start_seconds = 1.5};
  }
  Result<std::vector<engine::CacheEntry>> CacheEntries(std::uint64_t) override {
    return std::vector<engine::CacheEntry>();
  }
  Status DropCacheEntry(std::uint64_t, std::uint64_t) override { return {}; }
  void WaitSettled() override {}
  engine::EngineStats Stats() const override {
    engine::EngineStats stats;
    stats.running = 3;
    return stats;
  }
  const ModelConfig& config() const override { return config_; }
  std::uint32_t context_tokens() const override { return context_; }

  /// Waits for the n-th stream.
  engine::Stream& At(std::size_t n) {
    std::unique_lock lock(mutex_);
    CHECK(submitted_.wait_for(lock, std::chrono::seconds(20), [&] { return streams_.size() > n; }));
    return *streams_[n];
  }
  engine::GenerateRequest request(std::size_t n) {
    At(n);
    std::lock_guard lock(mutex_);
    return requests_[n];
  }
  std::size_t count() {
    std::lock_guard lock(mutex_);
    return streams_.size();
  }
  void RefuseAt(std::size_t n) { refuse_at_ = n; }
  void End(engine::Stream& stream, engine::StreamEnd end) {
    std::shared_ptr<engine::UsageSink> sink;
    {
      std::lock_guard lock(mutex_);
      sink = std::move(sinks_[&stream]);
    }
    sink->Ended(end.reason, end.usage);
    stream.End(std::move(end));
  }
  ModelConfig config_;
  std::uint32_t context_ = 100;

 private:
  std::mutex mutex_;
  std::condition_variable submitted_;
  std::deque<engine::GenerateRequest> requests_;
  std::deque<std::shared_ptr<engine::Stream>> streams_;
  std::size_t foreseen_tokens_ = 0;
  std::map<engine::Stream*, std::shared_ptr<engine::UsageSink>> sinks_;
  std::size_t refuse_at_ = static_cast<std::size_t>(-1);
};

/// A client that records.
class Client : public http::Responder {
 public:
  void Respond(int status, std::string_view, std::string body, http::Headers headers) override {
    Set([&] { status_ = status, body_ = std::move(body), headers_ = std::move(headers), finished_ = true; });
  }
  void Start(int status, std::string_view type, http::Headers headers) override {
    Set([&] { status_ = status, type_ = type, headers_ = std::move(headers); });
  }
  bool Write(std::string bytes) override {
    bool open = true;
    Set([&] {
      open = !closed_.load();
      if (open) body_ += bytes;
    });
    return open;
  }
  void Finish() override {
    Set([&] { finished_ = true; });
  }
  void Abort() override {
    Set([&] { finished_ = aborted_ = true; });
  }
  void OnClose(std::function<void()> callback) override {
    bool now = false;
    Set([&] {
      now = closed_.load();
      if (!now) on_close_ = std::move(callback);
    });
    if (now) callback();
  }
  bool closed() const override { return closed_; }

  void Leave() {
    std::function<void()> callback;
    Set([&] { closed_ = true, callback = on_close_; });
    if (callback) callback();
  }
  /// Waits until the answer is finished, or until what came so far holds a text.
  std::string Body() {
    return WaitFor([&] { return finished_.load(); });
  }
  std::string BodyWith(std::string_view text) {
    return WaitFor([&] { return body_.find(text) != std::string::npos; });
  }
  json::value Json() { return json::parse(Body()); }
  int status() {
    Body();
    return status_;
  }
  std::string Header(std::string_view name) {
    for (const auto& [n, v] : headers_)
      if (n == name) return v;
    return "";
  }
  bool aborted() const { return aborted_; }
  std::string type() const { return type_; }

 private:
  template <class F>
  void Set(F f) {
    {
      std::lock_guard lock(mutex_);
      f();
    }
    changed_.notify_all();
  }
  template <class F>
  std::string WaitFor(F done) {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(changed_.wait_for(lock, std::chrono::seconds(20), done)) << "no answer; so far: " << body_;
    return body_;
  }
  std::mutex mutex_;
  std::condition_variable changed_;
  int status_ = 0;
  std::string body_, type_;
  http::Headers headers_;
  std::atomic<bool> finished_{false}, aborted_{false}, closed_{false};
  std::function<void()> on_close_;
};

class Serving : public testing::Test {
 protected:
  void SetUp() override {
    home_ = fs::temp_directory_path() / ("yun_serving_" + std::to_string(::getpid()));
    fs::remove_all(home_);
    Start({});
  }
  void Start(ServiceOptions options) {
    if (service_) service_->workers.Stop();
    service_ = nullptr;
    auto opened = Cloud::Open({.home = home_, .clock = &clock_});
    CHECK(opened.has_value());
    service_ = std::make_unique<Service>(std::move(*opened), options);
    auto first = service_->cloud->MakeFirst("CNY", true);
    CHECK(first.has_value());
    key_ = first->key.Reveal();
    auto model = std::make_shared<Model>();
    model->id = "tiny:1b";
    model->created_unix = 7;
    model->tokenizer = std::make_shared<ByteTokenizer>();
    model->chat_template = std::make_shared<PlainTemplate>();
    auto engine = std::make_unique<ScriptedEngine>();
    engine->config_.vocab = 258;
    model->grammars = std::make_unique<const Grammars>(model->tokenizer, std::vector<std::int32_t>{256}, 258);
    engine_ = engine.get();
    model->engine = std::move(engine);
    service_->AddModel(std::move(model));
    service_->phase = Phase::kReady;
  }
  void TearDown() override {
    service_->workers.Stop();
    service_.reset();
    fs::remove_all(home_);
  }
  std::shared_ptr<Client> Ask(std::string method, std::string path, std::string body = "",
                              std::string authorization = "?", http::Headers headers = {},
                              std::string remote = "10.0.0.7:4000") {
    auto client = std::make_shared<Client>();
    http::Request request;
    request.remote = std::move(remote);
    request.headers = std::move(headers);
    request.method = std::move(method);
    request.path = std::move(path);
    request.body = std::move(body);
    if (authorization == "?") authorization = "Bearer " + key_;
    if (!authorization.empty()) request.headers.emplace_back("authorization", authorization);
    Handle(*service_, std::move(request), client);
    return client;
  }
  std::shared_ptr<Client> Chat(const std::string& more = "", http::Headers headers = {}, const std::string& key = "") {
    return Ask(
        "POST", "/v1/chat/completions",
        R"({"model":"tiny:1b","messages":[{"role":"user","content":"hi"}])" + (more.empty() ? "" : "," + more) + "}",
        key.empty() ? "?" : "Bearer " + key, std::move(headers));
  }
  static void Push(engine::Stream& stream, std::string_view text) {
    for (unsigned char c : text) stream.Push({.id = c, .logprob = -0.25f, .top = {{c, -0.25f}, {257, -2.f}}});
  }
  void End(engine::Stream& stream, FinishReason reason, std::uint64_t generated) {
    const engine::Usage usage = {.prompt_tokens = 9, .cached_tokens = 4, .generated_tokens = generated};
    engine_->End(stream, {.reason = reason, .usage = usage});
  }
  /// The data of the events of a stream, parsed; "[DONE]" as a string.
  static std::vector<json::value> Events(const std::string& body) {
    std::vector<json::value> events;
    for (std::size_t at = 0; at < body.size();) {
      const std::size_t end = body.find("\n\n", at);
      EXPECT_NE(end, std::string::npos);
      EXPECT_EQ(body.substr(at, 6), "data: ");
      const std::string data = body.substr(at + 6, end - at - 6);
      events.push_back(data == "[DONE]" ? json::value("[DONE]") : json::parse(data));
      at = end + 2;
    }
    return events;
  }
  static std::string Text(const json::value& v) { return std::string(v.as_string()); }
  static json::value At(const json::value& v, std::string_view pointer) { return v.at_pointer(pointer); }

  Cloud& cloud() { return *service_->cloud; }
  std::shared_ptr<const cloud::Principal> Me() { return cloud().directory->Verify(key_); }
  /// A key of another workspace of the same account, and of another person.
  std::string OtherKey() {
    cloud::Workspace workspace;
    workspace.account_id = Me()->account.id, workspace.name = "Other";
    const std::string email = fmt::format("o{}@example.com", cloud().directory->People().size());
    const auto person = cloud().directory->MakePerson({}, {.email = email, .name = "O"});
    const auto made = cloud().directory->MakeWorkspace({}, workspace, person->id);
    const auto key = cloud().directory->MakeKey({}, {made->id, person->id, "k", {}, 0});
    CHECK(key.has_value());
    return key->secret.Reveal();
  }
  /// One micro-unit a prompt token, two an answer token.
  void LoadPrices() {
    const Status loaded = cloud().ledger->LoadPrices(
        "version = \"test\"\n[[price]]\nmodel = \"*\"\ncurrency = \"CNY\"\nfrom = \"2020-01-01\"\n"
        "input = 1_000_000\noutput = 2_000_000\n",
        "test");
    CHECK(loaded.has_value());
  }
  json::value ReceiptOf(const std::shared_ptr<Client>& client) {
    return Ask("GET", "/v1/receipts/" + client->Header("x-yun-receipt-id"))->Json();
  }

  cloud::ManualClock clock_;
  fs::path home_;
  std::string key_;
  std::unique_ptr<Service> service_;
  ScriptedEngine* engine_ = nullptr;
};

TEST_F(Serving, ADryRunTellsWhatItWouldTake) {
  LoadPrices();
  const cloud::Terms terms{Me()->account.id, Me()->account.currency};
  ASSERT_TRUE(cloud().ledger->TopUp(Me()->workspace.id, terms, 1'000'000, "top-up", "").has_value());
  const json::value told = Chat(R"("dry_run":true,"max_tokens":5,"n":2,"stream":true)")->Json();
  EXPECT_EQ(Text(At(told, "/object")), "dry_run");
  const std::int64_t prompt = At(told, "/prompt_tokens").as_int64();
  EXPECT_GT(prompt, 2);
  EXPECT_EQ(At(told, "/cached_tokens").as_int64(), 2);
  EXPECT_EQ(At(told, "/answers").as_int64(), 2);
  EXPECT_EQ(At(told, "/output_tokens_max").as_int64(), 5);
  EXPECT_EQ(At(told, "/price/input_micro").as_int64(), prompt);
  EXPECT_EQ(At(told, "/price/most_micro").as_int64(), prompt + 2 * 2 * 5);
  EXPECT_EQ(At(told, "/queue/waiting").as_int64(), 4);
  EXPECT_EQ(At(told, "/queue/start_ms").as_int64(), 1500);
  EXPECT_EQ(cloud().ledger->BalanceOf(Me()->workspace.id).available_micro, 1'000'000);
  EXPECT_EQ(cloud().ledger->BalanceOf(Me()->workspace.id).reserved_micro, 0);
  EXPECT_EQ(engine_->count(), 0u) << "it was computed";
}

TEST_F(Serving, RoutesAndKeys) {
  struct Case {
    std::string method, path, authorization;
    int status;
    std::string code;
  };
  const Case cases[] = {
      {"GET", "/v1/models", "?", 200, ""},
      {"GET", "/v1/models/", "?", 200, ""},
      {"GET", "/compatible-mode/v1/models", "?", 200, ""},
      {"GET", "/v1/models/tiny:1b", "?", 200, ""},
      {"GET", "/v1/models/other", "?", 404, "model_not_found"},
      {"GET", "/v1/models", "", 401, "invalid_api_key"},
      {"GET", "/v1/models", "Bearer sk-wrong", 401, "invalid_api_key"},
      {"GET", "/v1/models", "Basic " + key_, 401, "invalid_api_key"},
      {"GET", "/v1/models", "bearer  " + key_ + " ", 200, ""},
      {"POST", "/v1/chat/completions", "", 401, "invalid_api_key"},
      {"POST", "/v1/models", "?", 405, "method_not_allowed"},
      {"GET", "/v1/chat/completions", "?", 405, "method_not_allowed"},
      {"GET", "/", "?", 404, "unknown_url"},
      {"GET", "/v1/nothing", "?", 404, "unknown_url"},
      {"GET", "/compatible-mode/healthz", "?", 404, "unknown_url"},
      {"GET", "/healthz", "", 200, ""},
      {"GET", "/readyz", "", 200, ""},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.method + " " + c.path + " " + c.authorization.substr(0, 12));
    auto client = Ask(c.method, c.path, "", c.authorization);
    EXPECT_EQ(client->status(), c.status) << client->Body();
    EXPECT_EQ(client->Header("x-request-id").substr(0, 4), "req_");
    if (c.status >= 400) {
      EXPECT_EQ(Text(At(client->Json(), "/error/code")), c.code);
      EXPECT_EQ(Text(At(client->Json(), "/request_id")), client->Header("x-request-id"));
    }
  }
  EXPECT_EQ(Ask("POST", "/v1/models")->Header("allow"), "GET");
  EXPECT_EQ(At(Ask("GET", "/healthz")->Json(), "/models/0/running").as_int64(), 3);
  EXPECT_FALSE(Ask("GET", "/healthz", "", "")->Json().as_object().contains("models"));
}

TEST_F(Serving, PhasesShow) {
  service_->phase = Phase::kLoading;
  EXPECT_EQ(Ask("GET", "/readyz")->status(), 503);
  EXPECT_EQ(Ask("GET", "/healthz")->status(), 200);
  EXPECT_EQ(Ask("POST", "/v1/completions", R"({"model":"later","prompt":"x"})")->status(), 503);
  service_->phase = Phase::kDraining;
  EXPECT_EQ(Ask("GET", "/readyz")->status(), 503);
  auto refused = Chat();
  EXPECT_EQ(refused->status(), 503);
  EXPECT_FALSE(refused->Header("retry-after").empty());
}

TEST_F(Serving, WholeAnswer) {
  auto client = Chat(R"("temperature":0.5,"max_tokens":7,"seed":3,"stop_token_ids":[9],"ignore_eos":true)");
  const engine::GenerateRequest request = engine_->request(0);
  EXPECT_EQ(std::string(request.prompt.begin(), request.prompt.end()), "user: hi\n");
  EXPECT_EQ(request.sampling.temperature, 0.5f);
  EXPECT_EQ(request.max_tokens, 7u);
  EXPECT_EQ(request.sampling.seed, 3u);
  EXPECT_EQ(request.stop_ids, std::vector<TokenId>{9});
  EXPECT_TRUE(request.ignore_eos);
  Push(engine_->At(0), "hello");
  engine_->At(0).Push({.id = 256});
  End(engine_->At(0), FinishReason::kStop, 6);
  ASSERT_EQ(client->status(), 200);
  const json::value body = client->Json();
  EXPECT_EQ(Text(At(body, "/choices/0/message/content")), "hello");
  EXPECT_EQ(Text(At(body, "/choices/0/finish_reason")), "stop");
  EXPECT_EQ(Text(At(body, "/model")), "tiny:1b");
  EXPECT_EQ(At(body, "/usage/prompt_tokens").as_int64(), 9);
  EXPECT_EQ(At(body, "/usage/completion_tokens").as_int64(), 6);
  EXPECT_EQ(At(body, "/usage/prompt_tokens_details/cached_tokens").as_int64(), 4);
  EXPECT_TRUE(service_->in_flight.WaitIdle(std::chrono::seconds(20)));
}

TEST_F(Serving, TheModelsOwnDefaultsFillWhatIsAbsent) {
  engine_->config_.default_temperature = 0.6f;
  engine_->config_.default_top_p = 0.95f;
  engine_->config_.default_top_k = 20;
  Chat();
  EXPECT_EQ(engine_->request(0).sampling.temperature, 0.6f);
  EXPECT_EQ(engine_->request(0).sampling.top_p, 0.95f);
  EXPECT_EQ(engine_->request(0).sampling.top_k, 20);
  EXPECT_EQ(engine_->request(0).max_tokens, 91u);  // the rest of the context
  Chat(R"("temperature":1,"top_p":1,"top_k":0)");
  EXPECT_EQ(engine_->request(1).sampling.temperature, 1.f);
  EXPECT_EQ(engine_->request(1).sampling.top_p, 1.f);
  EXPECT_EQ(engine_->request(1).sampling.top_k, 0);
  for (std::size_t i : {0u, 1u}) End(engine_->At(i), FinishReason::kLength, 0);
}

TEST_F(Serving, StreamedAnswer) {
  auto client = Chat(R"("stream":true,"stream_options":{"include_usage":true})");
  Push(engine_->At(0), "he\xe4\xb8");
  client->BodyWith("\"content\":\"h");
  Push(engine_->At(0), "\xad!");
  End(engine_->At(0), FinishReason::kLength, 6);
  const std::vector<json::value> events = Events(client->Body());
  EXPECT_EQ(client->status(), 200);
  EXPECT_EQ(client->type(), "text/event-stream; charset=utf-8");
  std::string text;
  ASSERT_GE(events.size(), 4u);
  EXPECT_EQ(Text(At(events[0], "/choices/0/delta/role")), "assistant");
  for (std::size_t i = 0; i + 3 < events.size(); ++i) {
    text += Text(At(events[i], "/choices/0/delta/content"));
    EXPECT_TRUE(At(events[i], "/choices/0/finish_reason").is_null());
    EXPECT_TRUE(At(events[i], "/usage").is_null());
  }
  EXPECT_EQ(text, "he\xe4\xb8\xad!");
  const json::value& finish = events[events.size() - 3];
  EXPECT_EQ(Text(At(finish, "/choices/0/finish_reason")), "length");
  EXPECT_TRUE(At(finish, "/choices/0/delta").as_object().empty());
  const json::value& usage = events[events.size() - 2];
  EXPECT_TRUE(At(usage, "/choices").as_array().empty());
  EXPECT_EQ(At(usage, "/usage/total_tokens").as_int64(), 15);
  EXPECT_EQ(Text(events.back()), "[DONE]");
}

TEST_F(Serving, AStopStringEndsTheAnswerAndTheWork) {
  for (const bool stream : {false, true}) {
    const std::size_t n = engine_->count();
    auto client = Chat(fmt::format(R"("stop":["END"],"logprobs":true,"stream":{})", stream));
    Push(engine_->At(n), "abcENDmore");
    for (int i = 0; i < 2000 && !engine_->At(n).cancelled(); ++i) ::usleep(1000);
    EXPECT_TRUE(engine_->At(n).cancelled());
    End(engine_->At(n), FinishReason::kAborted, 10);
    if (!stream) {
      const json::value body = client->Json();
      EXPECT_EQ(Text(At(body, "/choices/0/message/content")), "abc");
      EXPECT_EQ(Text(At(body, "/choices/0/finish_reason")), "stop");
      EXPECT_EQ(At(body, "/usage/completion_tokens").as_int64(), 10);  // what the engine did until it heard
      EXPECT_EQ(At(body, "/choices/0/logprobs/content").as_array().size(), 3u);
    } else {
      std::string text;
      for (const json::value& event : Events(client->Body()))
        if (event.is_object()) {
          const json::value delta = At(event, "/choices/0/delta");
          if (const json::value* content = delta.as_object().if_contains("content")) text += Text(*content);
        }
      EXPECT_EQ(text, "abc");
      EXPECT_NE(client->Body().find("\"finish_reason\":\"stop\""), std::string::npos);
    }
  }
}

TEST_F(Serving, LogprobsOfTextTokensAlone) {
  auto client = Chat(R"("logprobs":true,"top_logprobs":2)");
  EXPECT_EQ(engine_->request(0).logprobs, 2);
  Push(engine_->At(0), "ab");
  engine_->At(0).Push({.id = 256, .logprob = -1.f});
  End(engine_->At(0), FinishReason::kStop, 3);
  const json::value content = At(client->Json(), "/choices/0/logprobs/content");
  ASSERT_EQ(content.as_array().size(), 2u);
  EXPECT_EQ(Text(At(content, "/0/token")), "a");
  EXPECT_EQ(At(content, "/0/logprob").as_double(), -0.25);
  EXPECT_EQ(Text(At(content, "/0/top_logprobs/1/token")), "word");
}

TEST_F(Serving, SeveralChoicesAndPrompts) {
  auto client = Ask("POST", "/v1/completions", R"({"model":"tiny:1b","prompt":["x",[121,122]],"n":2,"seed":5})");
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(engine_->request(i).sampling.seed, 5 + i % 2);
    EXPECT_EQ(engine_->request(i).prompt.size(), i < 2 ? 1u : 2u);
    EXPECT_EQ(engine_->request(i).max_tokens, 16u);
  }
  for (std::size_t i : {3u, 1u, 0u, 2u}) {
    Push(engine_->At(i), std::to_string(i));
    End(engine_->At(i), FinishReason::kStop, 2);
  }
  const json::value body = client->Json();
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(Text(At(body, fmt::format("/choices/{}/text", i))), std::to_string(i));
  EXPECT_EQ(At(body, "/usage/prompt_tokens").as_int64(), 18);
  EXPECT_EQ(At(body, "/usage/completion_tokens").as_int64(), 8);
}

TEST_F(Serving, ErrorsHaveTheirShape) {
  struct Case {
    std::string path, body;
    int status;
    std::string param, code;
  };
  const std::string chat = "/v1/chat/completions", text = "/v1/completions";
  const Case cases[] = {
      {chat, "{", 400, "", "invalid_json"},
      {chat, R"({"model":"no","messages":[{"role":"user","content":"a"}]})", 404, "model", "model_not_found"},
      {chat, R"({"model":"tiny:1b","messages":[{"role":"user","content":"a"}],"temperature":3})", 400, "temperature",
       "invalid_value"},
      {chat, R"({"model":"tiny:1b","messages":[{"role":"user","content":"raise"}]})", 400, "messages", "invalid_value"},
      {chat, R"({"model":"tiny:1b","messages":[{"role":"user","content":")" + std::string(200, 'x') + "\"}]}", 400,
       "messages", "context_length_exceeded"},
      {text, R"({"model":"tiny:1b","prompt":")" + std::string(100, 'x') + "\"}", 400, "prompt",
       "context_length_exceeded"},
      {text, R"({"model":"tiny:1b","prompt":[258]})", 400, "prompt", "invalid_value"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.body.substr(0, 100));
    auto client = Ask("POST", c.path, c.body);
    EXPECT_EQ(client->status(), c.status);
    const json::value error = At(client->Json(), "/error");
    EXPECT_EQ(error.at("param").is_null() ? "" : Text(error.at("param")), c.param);
    EXPECT_EQ(Text(error.at("code")), c.code);
  }
  auto client = Ask("POST", text, R"({"model":"tiny:1b","prompt":")" + std::string(123, 'x') + "\"}");
  EXPECT_NE(client->Body().find("100"), std::string::npos);
  EXPECT_NE(client->Body().find("123"), std::string::npos);
  EXPECT_EQ(engine_->count(), 0u);
}

TEST_F(Serving, AFullQueueCancelsTheOtherPrompts) {
  engine_->RefuseAt(1);
  auto client = Ask("POST", "/v1/completions", R"({"model":"tiny:1b","prompt":["x","y"]})");
  EXPECT_EQ(client->status(), 429);
  EXPECT_EQ(Text(At(client->Json(), "/error/code")), "rate_limit_exceeded");
  EXPECT_EQ(client->Header("retry-after"), "7");
  EXPECT_TRUE(engine_->At(0).cancelled());
  EXPECT_TRUE(service_->in_flight.WaitIdle(std::chrono::seconds(20)));
}

TEST_F(Serving, AnEngineErrorReachesTheClient) {
  auto whole = Chat();
  Push(engine_->At(0), "a");
  engine_->At(0).End({.reason = FinishReason::kError, .error = {Code::kInternal, "boom"}});
  EXPECT_EQ(whole->status(), 500);
  auto streamed = Chat(R"("stream":true)");
  Push(engine_->At(1), "a");
  streamed->BodyWith("\"a\"");
  std::promise<void> go;
  const std::shared_future<void> held = go.get_future().share();
  for (int i = 0; i < service_->options.worker_threads; ++i) service_->workers.Post([held] { held.wait(); });
  Push(engine_->At(1), "b");  // is seen together with the end
  engine_->At(1).End({.reason = FinishReason::kError, .error = {Code::kInternal, "boom"}});
  go.set_value();
  const auto events = Events(streamed->Body());
  EXPECT_EQ(Text(At(events.back(), "/error/message")), "boom");
  EXPECT_NE(streamed->Body().find("\"b\""), std::string::npos);
  EXPECT_TRUE(streamed->aborted());
  auto stopped = Chat();
  engine_->At(2).End({.reason = FinishReason::kAborted});
  EXPECT_EQ(stopped->status(), 503);
  EXPECT_TRUE(service_->in_flight.WaitIdle(std::chrono::seconds(20)));
}

TEST_F(Serving, TermsReachTheEngine) {
  const std::string other = OtherKey();
  const std::string salted = R"("cache_salt":"mine")";
  Chat(R"("priority":2,"service_tier":"flex","timeout":3,"ttft_objective_ms":500,"deterministic":true)");
  engine_->At(0);
  Chat("", {{"x-yun-timeout-ms", "1500"}, {"x-yun-ttft-objective-ms", "20"}});
  engine_->At(1);
  Chat(salted);
  engine_->At(2);
  Chat("", {}, other);
  engine_->At(3);
  Chat(salted, {}, other);
  engine_->At(4);
  const engine::GenerateRequest all = engine_->request(0), headers = engine_->request(1);
  EXPECT_EQ(all.priority, 2);
  EXPECT_TRUE(all.idle && all.deterministic);
  EXPECT_EQ(all.timeout_s, 3);
  EXPECT_EQ(all.ttft_objective_s, 0.5);
  EXPECT_EQ(headers.timeout_s, 1.5);
  EXPECT_EQ(headers.ttft_objective_s, 0.02);
  EXPECT_FALSE(headers.idle || headers.deterministic);
  EXPECT_TRUE(headers.sampling.seed.has_value());  // drawn here, so that the log can say it

  std::set<std::uint64_t> salts, tenants;
  for (std::size_t i = 0; i < 5; ++i) {
    salts.insert(engine_->request(i).cache_salt);
    tenants.insert(engine_->request(i).tenant);
  }
  EXPECT_EQ(all.cache_salt, headers.cache_salt);
  EXPECT_EQ(salts.size(), 4u);
  EXPECT_EQ(tenants.size(), 2u);
  for (std::size_t i = 0; i < 5; ++i) End(engine_->At(i), FinishReason::kStop, 0);

  for (const char* bad : {"x", "0", "-1", "1e99", "nan", "5s"}) {
    auto client = Chat("", {{"x-yun-timeout-ms", bad}});
    EXPECT_EQ(client->status(), 400) << bad;
    EXPECT_EQ(Text(At(client->Json(), "/error/param")), "x-yun-timeout-ms");
  }
}

TEST_F(Serving, OnePrefixCacheForAllWhereTheOperatorSaysSo) {
  Start({.share_prefix_cache = true});
  Chat();
  engine_->At(0);
  Chat("", {}, OtherKey());
  EXPECT_EQ(engine_->request(0).cache_salt, engine_->request(1).cache_salt);
  EXPECT_NE(engine_->request(0).tenant, engine_->request(1).tenant);
  for (std::size_t i = 0; i < 2; ++i) End(engine_->At(i), FinishReason::kStop, 0);
}

TEST_F(Serving, ATimeoutIsSaid) {
  auto whole = Chat(R"("timeout":1)");
  Push(engine_->At(0), "a");
  End(engine_->At(0), FinishReason::kTimeout, 1);
  EXPECT_EQ(whole->status(), 504);
  EXPECT_EQ(Text(At(whole->Json(), "/error/code")), "request_timeout");
  EXPECT_EQ(whole->Header("x-should-retry"), "false");
  auto streamed = Chat(R"("timeout":1,"stream":true)");
  Push(engine_->At(1), "a");
  End(engine_->At(1), FinishReason::kTimeout, 1);
  const auto events = Events(streamed->Body());
  EXPECT_EQ(Text(At(events.back(), "/error/code")), "request_timeout");
  EXPECT_TRUE(streamed->aborted());
}

TEST_F(Serving, ASilentStreamIsKeptAlive) {
  Start({.keep_alive = std::chrono::milliseconds(10)});
  auto client = Chat(R"("stream":true)");
  engine_->At(0);
  client->BodyWith(": keep-alive\n\n");
  Push(engine_->At(0), "hello");
  client->BodyWith("data: ");
  client->BodyWith("\n\n: keep-alive\n\n: keep-alive\n\n");
  End(engine_->At(0), FinishReason::kStop, 5);
  EXPECT_TRUE(client->Body().ends_with("data: [DONE]\n\n"));
  EXPECT_TRUE(service_->in_flight.WaitIdle(std::chrono::seconds(20)));
}

TEST_F(Serving, MetricsAreForWhomTheOperatorSays) {
  const std::string local = "127.0.0.1:9";
  const auto status = [&](const char* authorization, const std::string& remote, http::Headers headers = {}) {
    return Ask("GET", "/metrics", "", authorization, std::move(headers), remote)->status();
  };
  EXPECT_EQ(status("", local), 200);
  EXPECT_EQ(status("", "[::1]:9"), 200);
  EXPECT_EQ(status("", local, {{"x-forwarded-for", "1.2.3.4"}}), 403);
  EXPECT_EQ(status("?", "10.0.0.7:9"), 403);
  Start({.metrics = MetricsAccess::kKey});
  EXPECT_EQ(status("", "10.0.0.7:9"), 403);
  EXPECT_EQ(status("?", "10.0.0.7:9"), 200);
  EXPECT_EQ(status(("Bearer " + OtherKey()).c_str(), "10.0.0.7:9"), 403);  // a customer's: others' figures
  Start({.metrics = MetricsAccess::kOpen});
  EXPECT_EQ(status("", "10.0.0.7:9"), 200);
}

TEST_F(Serving, RequestsAreCounted) {
  auto first = Chat();
  Push(engine_->At(0), "ab");
  End(engine_->At(0), FinishReason::kStop, 3);  // two, and the end token
  first->Body();
  auto gone = Chat(R"("stream":true)");
  engine_->At(1);
  gone->Leave();
  End(engine_->At(1), FinishReason::kAborted, 0);
  engine_->RefuseAt(2);
  EXPECT_EQ(Chat()->status(), 429);
  EXPECT_TRUE(service_->in_flight.WaitIdle(std::chrono::seconds(20)));
  const std::string text = Ask("GET", "/metrics", "", "", {}, "127.0.0.1:9")->Body();
  const std::string who = "model_name=\"tiny:1b\",workspace=\"" + Me()->workspace.id + "\"";
  const std::string lines[] = {
      "# TYPE yun_request_tokens_total counter\n",
      "yun_request_tokens_total{kind=\"generated\"," + who + "} 3\n",
      "yun_request_tokens_total{kind=\"prompt\"," + who + "} 18\n",
      "yun_request_tokens_total{kind=\"cached\"," + who + "} 8\n",
      "yun_requests_total{finished_reason=\"stop\"," + who + "} 1\n",
      "yun_requests_total{finished_reason=\"abort\"," + who + "} 1\n",
      "yun_requests_total{finished_reason=\"refused\"," + who + "} 1\n",
      "yun_time_to_first_token_seconds_count{" + who + "} 1\n",
      "yun_e2e_request_latency_seconds_count{" + who + "} 1\n",
      "yun_num_requests_running{model_name=\"tiny:1b\"} 3\n",
      "yun_iteration_rows_bucket{model_name=\"tiny:1b\",le=\"+Inf\"} 0\n",
      "process_resident_memory_bytes ",
  };
  for (const std::string& line : lines) EXPECT_NE(text.find(line), std::string::npos) << line << text;
}

TEST(MetricsTest, WorkspacesAreBounded) {
  Metrics metrics;
  for (std::size_t i = 0; i < Metrics::kWorkspacesMax + 50; ++i) metrics.Of("m", "w" + std::to_string(i)).Refused();
  RequestMetrics& again = metrics.Of("m", "w3");
  EXPECT_EQ(&again, &metrics.Of("m", "w3"));
  EXPECT_EQ(&metrics.Of("m", "x"), &metrics.Of("m", "y"));
  CloudStats cloud;
  cloud.ledger = {.waiting = 3, .oldest_seconds = 0.5, .written = 20, .commits = 4, .failures = 1, .batch = 7};
  cloud.prompts = {.stored = 2, .dropped_queue_full = 5};
  const std::string text = metrics.Text({}, nullptr, cloud, 0);
  for (const std::string_view line :
       {"yun_writes_waiting{queue=\"ledger\"} 3\n", "yun_writes_waiting{queue=\"database\"} 0\n",
        "yun_writes_oldest_seconds{queue=\"ledger\"} 0.5\n", "yun_writes_total{queue=\"ledger\"} 20\n",
        "yun_write_commits_total{queue=\"ledger\"} 4\n", "yun_write_failures_total{queue=\"ledger\"} 1\n",
        "yun_writes_batch{queue=\"ledger\"} 7\n", "yun_prompts_stored_total 2\n",
        "yun_prompts_dropped_total{reason=\"queue_full\"} 5\n"})
    EXPECT_NE(text.find(line), std::string::npos) << line;
  EXPECT_NE(text.find("yun_requests_total{finished_reason=\"refused\",model_name=\"m\",workspace=\"other\"} 50\n"),
            std::string::npos);
  EXPECT_EQ(text.find("w" + std::to_string(Metrics::kWorkspacesMax)), std::string::npos);
}

TEST_F(Serving, AClientThatLeavesFreesItsWork) {
  for (const bool stream : {false, true}) {
    const std::size_t n = engine_->count();
    auto client = Chat(fmt::format(R"("n":2,"stream":{})", stream));
    engine_->At(n + 1);
    Push(engine_->At(n), "a");
    client->Leave();
    for (std::size_t i = n; i < n + 2; ++i) {
      for (int t = 0; t < 2000 && !engine_->At(i).cancelled(); ++t) ::usleep(1000);
      EXPECT_TRUE(engine_->At(i).cancelled());
      End(engine_->At(i), FinishReason::kAborted, 1);
    }
    EXPECT_TRUE(service_->in_flight.WaitIdle(std::chrono::seconds(20)));
  }
}

TEST_F(Serving, WhatAModelTookOfTheProcessorsIsCountedAlsoWhenTheClientLeaves) {
  for (const FinishReason reason : {FinishReason::kStop, FinishReason::kAborted}) {
    const std::size_t n = engine_->count();
    auto client = Chat();
    Push(engine_->At(n), "a");
    engine_->End(engine_->At(n), {.reason = reason, .usage = {.prompt_tokens = 9, .generated_tokens = 1,
                                                              .cpu_us = 20'000}});
    client->Json();
  }
  cloud().revenue->WriteCpuTime();
  ASSERT_TRUE(cloud().database->Flush());
  const auto models = cloud().revenue->ByModel("CNY", cloud::Month::Of(cloud().clock.unix_ms()));
  ASSERT_TRUE(models);
  ASSERT_EQ(models->size(), 1u);
  EXPECT_EQ(models->at(0).model, "tiny:1b");
  EXPECT_EQ(models->at(0).cpu_ms, 40);
}

TEST_F(Serving, APartnersDraftIsNotServedToOthers) {
  const auto partner = cloud().partners->AddPartner("P", Me()->account.id);
  ASSERT_TRUE(partner);
  ASSERT_TRUE(cloud().partners->AddOffering(partner->id, cloud::OfferingKind::kModel, "tiny:1b", "", 100'000));
  auto client = Chat();
  EXPECT_EQ(Text(At(client->Json(), "/error/code")), "access_denied");
  ASSERT_TRUE(cloud().partners->SetSandbox(partner->id, Me()->workspace.id));
  auto served = Chat();
  End(engine_->At(0), FinishReason::kStop, 1);
  EXPECT_EQ(Text(At(served->Json(), "/object")), "chat.completion");
}

TEST_F(Serving, ReceiptsSayWhatTheEngineDid) {
  LoadPrices();
  auto client = Chat();
  Push(engine_->At(0), "ab");
  End(engine_->At(0), FinishReason::kStop, 3);
  const json::value answer = client->Json();
  EXPECT_EQ(client->Header("x-yun-receipt-id").substr(0, 4), "rcp_");
  const json::value receipt = ReceiptOf(client);
  EXPECT_EQ(Text(At(receipt, "/id")), client->Header("x-yun-receipt-id"));
  EXPECT_EQ(At(receipt, "/units/input").as_int64(), 5);
  EXPECT_EQ(At(receipt, "/units/cached_input").as_int64(), 4);
  EXPECT_EQ(At(receipt, "/units/output").as_int64(), At(answer, "/usage/completion_tokens").as_int64());
  EXPECT_EQ(Text(At(receipt, "/end_reason")), "stop");
  EXPECT_EQ(Text(At(receipt, "/request_id")), client->Header("x-request-id"));
  EXPECT_EQ(At(receipt, "/amount_micro").as_int64(), 9 * 1 + 3 * 2);
  EXPECT_EQ(At(receipt, "/balance/available_micro").as_int64(), -15);
  EXPECT_EQ(At(receipt, "/balance/reserved_micro").as_int64(), 0);

  // Other workspaces have no such receipt; nor is there any for what does not exist.
  const std::string path = "/v1/receipts/" + client->Header("x-yun-receipt-id");
  EXPECT_EQ(Ask("GET", path, "", "Bearer " + OtherKey())->status(), 404);
  EXPECT_EQ(Ask("GET", path, "", "")->status(), 401);
  for (const char* id : {"rcp_0", "x' OR '1'='1", "..%2f..", "%00"})
    EXPECT_EQ(Ask("GET", std::string("/v1/receipts/") + id)->status(), 404) << id;

  // Several prompts and choices are one receipt; each prompt counts once.
  client = Ask("POST", "/v1/completions", R"({"model":"tiny:1b","prompt":["x",[121,122]],"n":2})");
  for (std::size_t i = 1; i <= 4; ++i) End(engine_->At(i), i == 2 ? FinishReason::kLength : FinishReason::kStop, i);
  EXPECT_EQ(At(client->Json(), "/usage/prompt_tokens").as_int64(), 18);
  const json::value whole = ReceiptOf(client);
  EXPECT_EQ(At(whole, "/units/input").as_int64(), 10);
  EXPECT_EQ(At(whole, "/units/cached_input").as_int64(), 8);
  EXPECT_EQ(At(whole, "/units/output").as_int64(), 10);
  EXPECT_EQ(Text(At(whole, "/end_reason")), "length");

  // A client that leaves pays for what was done.
  client = Chat(R"("stream":true)");
  Push(engine_->At(5), "a");
  client->BodyWith("\"a\"");
  client->Leave();
  End(engine_->At(5), FinishReason::kAborted, 2);
  EXPECT_TRUE(service_->in_flight.WaitIdle(std::chrono::seconds(20)));
  EXPECT_EQ(At(ReceiptOf(client), "/units/output").as_int64(), 2);
  EXPECT_EQ(Text(At(ReceiptOf(client), "/end_reason")), "aborted");

  // A stop string is an end of its own, not an abort.
  client = Chat(R"("stop":["END"])");
  Push(engine_->At(6), "abcENDmore");
  for (int i = 0; i < 2000 && !engine_->At(6).cancelled(); ++i) ::usleep(1000);
  End(engine_->At(6), FinishReason::kAborted, 10);
  EXPECT_EQ(At(client->Json(), "/usage/completion_tokens").as_int64(), 10);
  EXPECT_EQ(At(ReceiptOf(client), "/units/output").as_int64(), 10);
  EXPECT_EQ(Text(At(ReceiptOf(client), "/end_reason")), "stop");

  // What the engine does not take costs nothing and has no receipt.
  const std::int64_t before = cloud().ledger->BalanceOf(Me()->workspace.id).available_micro;
  engine_->RefuseAt(7);
  client = Chat();
  EXPECT_EQ(client->status(), 429);
  EXPECT_EQ(client->Header("x-yun-receipt-id"), "");
  EXPECT_TRUE(service_->in_flight.WaitIdle(std::chrono::seconds(20)));
  EXPECT_EQ(cloud().ledger->BalanceOf(Me()->workspace.id).available_micro, before);
  EXPECT_EQ(cloud().ledger->BalanceOf(Me()->workspace.id).reserved_micro, 0);
  auto books = cloud().ledger->Reconcile();
  ASSERT_TRUE(books.has_value()) << books.error().message;
  EXPECT_TRUE(books->ok());
  EXPECT_EQ(books->receipts, 4);
}

TEST_F(Serving, NobodySpendsWhatTheyDoNotHave) {
  LoadPrices();
  cloud::Account account = Me()->account;
  account.billing = cloud::Billing::kPrepaid;
  ASSERT_TRUE(cloud().directory->UpdateAccount({}, account).has_value());
  auto broke = Chat();
  EXPECT_EQ(broke->status(), 400);
  EXPECT_EQ(Text(At(broke->Json(), "/error/code")), "Arrearage");
  EXPECT_EQ(engine_->count(), 0u);

  const cloud::Terms terms = {.account_id = account.id, .currency = account.currency};
  ASSERT_TRUE(cloud().ledger->TopUp(Me()->workspace.id, terms, 9 + 2 * 20, "top-up", "").has_value());
  auto shortened = Chat();  // as much as it can pay for
  EXPECT_EQ(engine_->request(0).max_tokens, 20u);
  EXPECT_EQ(Chat()->status(), 400);  // all is held
  End(engine_->At(0), FinishReason::kStop, 5);
  shortened->Body();
  EXPECT_EQ(At(ReceiptOf(shortened), "/balance/available_micro").as_int64(), 30);
  EXPECT_EQ(Chat(R"("max_tokens":20)")->status(), 400);  // asked for in so many words: in full or not at all

  cloud::Budget budget;
  budget.workspace_id = Me()->workspace.id;
  budget.amount_micro = 20;
  budget.period = cloud::BudgetPeriod::kTotal;
  ASSERT_TRUE(cloud().ledger->CreateBudget(budget).has_value());
  auto over = Chat(R"("max_tokens":8)");
  EXPECT_EQ(over->status(), 403) << over->Body();
  EXPECT_EQ(Text(At(over->Json(), "/error/code")), "budget_exceeded");
}

TEST_F(Serving, LimitsAnswerAsTheHostedService) {
  const auto set = [&](cloud::Limits limits, cloud::LimitScope scope, const std::string& id) {
    const Status done = cloud().quotas->Set({Me()->account.id, scope, id, "tiny:1b", limits});
    ASSERT_TRUE(done.has_value()) << done.error().message;
  };
  const std::string key_id = Me()->key.id, workspace = Me()->workspace.id;
  const auto refused = [&](const char* code, const std::string& more = "") {
    auto client = Chat(more);
    EXPECT_EQ(client->status(), 429) << client->Body();
    EXPECT_EQ(Text(At(client->Json(), "/error/code")), code);
    return client;
  };
  set({.requests_per_minute = 60}, cloud::LimitScope::kWorkspace, workspace);
  auto first = Chat();
  End(engine_->At(0), FinishReason::kStop, 1);
  EXPECT_EQ(first->status(), 200);
  EXPECT_EQ(first->Header("x-ratelimit-limit-requests"), "60");
  EXPECT_EQ(first->Header("x-ratelimit-remaining-requests"), "59");
  EXPECT_EQ(first->Header("x-ratelimit-reset-requests"), "60.000s");
  EXPECT_EQ(first->Header("x-ratelimit-limit-tokens"), "");
  auto second = refused("limit_requests");
  EXPECT_EQ(second->Header("retry-after"), "1");
  EXPECT_EQ(second->Header("x-ratelimit-remaining-requests"), "59");

  set({.requests_per_minute = 6000, .burst_per_second = 1}, cloud::LimitScope::kWorkspace, workspace);
  refused("limit_burst_rate");

  set({}, cloud::LimitScope::kWorkspace, workspace);
  set({.tokens_per_minute = 1200}, cloud::LimitScope::kKey, key_id);  // 20 a second
  auto third = Chat(R"("max_tokens":51)");  // 60 with the prompt: three seconds of it
  EXPECT_EQ(engine_->request(1).max_tokens, 51u);
  auto fourth = refused("insufficient_quota", R"("max_tokens":1)");
  EXPECT_EQ(fourth->Header("retry-after"), "3");
  End(engine_->At(1), FinishReason::kStop, 1);
  third->Body();
  EXPECT_EQ(third->Header("x-ratelimit-remaining-tokens"), "1140");
  auto fifth = Chat(R"("max_tokens":1)");  // what was not used is there again
  EXPECT_EQ(engine_->request(2).max_tokens, 1u);
  End(engine_->At(2), FinishReason::kStop, 1);
  EXPECT_EQ(fifth->status(), 200);
  refused("insufficient_quota", R"("max_tokens":1300)");

  const json::value quotas = Ask("GET", "/api/v1/quotas")->Json();
  EXPECT_EQ(At(quotas, "/output/total").as_int64(), 1);
  EXPECT_EQ(Text(At(quotas, "/output/quotas/0/model")), "tiny:1b");
  EXPECT_TRUE(At(quotas, "/output/quotas/0/workspace_limit").is_null());
  set({.requests_per_minute = 600}, cloud::LimitScope::kAccount, Me()->account.id);
  EXPECT_EQ(At(Ask("GET", "/api/v1/models/limits")->Json(), "/output/quotas/0/model_limit/request_limit").as_int64(),
            600);
}

TEST_F(Serving, AKeyIsGoodForItsScopesAlone) {
  const auto with = [&](cloud::KeyScopes scopes) {
    const auto made = cloud().directory->MakeKey({}, {Me()->workspace.id, Me()->person.id, "scoped", scopes, 0});
    CHECK(made.has_value());
    return "Bearer " + made->secret.Reveal();
  };
  const std::string text = R"({"model":"tiny:1b","prompt":"x"})";
  EXPECT_EQ(Ask("POST", "/v1/completions", text, with({.models = {"other*"}}))->status(), 403);
  EXPECT_EQ(Ask("POST", "/v1/completions", text, with({.endpoints = {"chat"}}))->status(), 403);
  EXPECT_EQ(Ask("POST", "/v1/completions", text, with({.ip_ranges = {"192.0.2.0/24"}}))->status(), 403);
  EXPECT_EQ(Ask("POST", "/v1/completions", text, with({.apps = {"mail"}}))->status(), 403);
  EXPECT_EQ(engine_->count(), 0u);
  auto good = Ask("POST", "/v1/completions", text,
                  with({{"tiny:*"}, {"completions"}, {"10.0.0.0/8"}, {"mail"}}), {{"x-yun-app", "mail"}});
  End(engine_->At(0), FinishReason::kStop, 1);
  EXPECT_EQ(good->status(), 200);
}

TEST_F(Serving, AnAppHasAName) {
  for (const std::string& app : {std::string("\xff\xfe"), std::string("a\tb"), std::string(64, 'a')}) {
    auto client = Chat("", {{"x-yun-app", app}});
    EXPECT_EQ(client->status(), 400) << app;
  }
  EXPECT_EQ(engine_->count(), 0u);
}

TEST_F(Serving, AKeySeesTheModelsOfItsScopesAlone) {
  const auto with = [&](cloud::KeyScopes scopes) {
    const auto made = cloud().directory->MakeKey({}, {Me()->workspace.id, Me()->person.id, "scoped", scopes, 0});
    CHECK(made.has_value());
    return "Bearer " + made->secret.Reveal();
  };
  const std::string all = with({}), own = with({.models = {"tiny:*"}}), other = with({.models = {"other*"}});
  for (const auto& [key, seen] : {std::pair(all, 1u), std::pair(own, 1u), std::pair(other, 0u)}) {
    EXPECT_EQ(At(Ask("GET", "/v1/models", "", key)->Json(), "/data").as_array().size(), seen);
    auto one = Ask("GET", "/v1/models/tiny:1b", "", key);
    EXPECT_EQ(one->status(), seen == 1 ? 200 : 404);
    auto unknown = Ask("GET", "/v1/models/nothing", "", key);
    EXPECT_EQ(unknown->status(), 404);
    EXPECT_EQ(unknown->Body().find("tiny:1b") != std::string::npos, seen == 1);
  }
}

TEST_F(Serving, WhatIsSuspendedIsNamedToItsKeyAlone) {
  const auto code = [&](const std::string& key) {
    auto client = Ask("GET", "/v1/models", "", "Bearer " + key);
    return std::pair(client->status(), Text(At(client->Json(), "/error/code")));
  };
  const std::pair<int, std::string> denied(403, "access_denied"), unknown(401, "invalid_api_key");
  cloud::Workspace workspace = Me()->workspace;
  cloud::Account account = Me()->account;
  workspace.status = cloud::Standing::kSuspended;
  ASSERT_TRUE(cloud().directory->UpdateWorkspace({}, workspace));
  EXPECT_EQ(code(key_), denied);
  EXPECT_NE(Chat()->Body().find("the workspace 'Default' is suspended"), std::string::npos);
  EXPECT_EQ(engine_->count(), 0u);
  EXPECT_EQ(code(key_.substr(0, key_.size() - 1)), unknown);
  EXPECT_EQ(code("sk-" + std::string(64, '0')), unknown);
  EXPECT_EQ(Ask("GET", "/healthz")->status(), 200);
  account.status = cloud::Standing::kSuspended;
  ASSERT_TRUE(cloud().directory->UpdateAccount({}, account));
  EXPECT_NE(Chat()->Body().find("the account 'Default' is suspended"), std::string::npos);
  account.status = workspace.status = cloud::Standing::kActive;
  ASSERT_TRUE(cloud().directory->UpdateAccount({}, account));
  ASSERT_TRUE(cloud().directory->UpdateWorkspace({}, workspace));
  EXPECT_EQ(Ask("GET", "/v1/models")->status(), 200);
}

/// All that is logged while it lives.
class LogCatcher {
 public:
  LogCatcher() : before_(spdlog::default_logger()), level_(spdlog::get_level()) {
    spdlog::set_default_logger(
        std::make_shared<spdlog::logger>("caught", std::make_shared<spdlog::sinks::ostream_sink_mt>(text_)));
    spdlog::set_level(spdlog::level::trace);
  }
  ~LogCatcher() {
    spdlog::set_default_logger(before_);
    spdlog::set_level(level_);
  }
  std::string text() const { return text_.str(); }

 private:
  std::ostringstream text_;
  const std::shared_ptr<spdlog::logger> before_;
  const spdlog::level::level_enum level_;
};

TEST_F(Serving, PromptsAreKeptWhereTheyAreWantedAndNowhereOpen) {
  const auto ask = [&](const std::string& more) {
    auto client = Ask("POST", "/v1/chat/completions",
                      R"({"model":"tiny:1b","messages":[{"role":"user","content":"a private question"}])" + more + "}");
    engine::Stream& stream = engine_->At(0);
    Push(stream, "a private answer");
    End(stream, FinishReason::kStop, 16);
    client->Body();
    service_->workers.Stop();  // what follows the answer is done, too
    CHECK(cloud().database->Flush());
    return client->Header("x-yun-receipt-id");
  };
  const std::string workspace = Me()->workspace.id;
  std::vector<std::string> receipts;
  std::string logged;
  for (const std::string more : {"", R"(,"stream":true)"}) {
    for (const bool store : {false, true}) {
      Start({});
      cloud::Workspace changed = Me()->workspace;
      changed.store_prompts = store;
      ASSERT_TRUE(cloud().directory->UpdateWorkspace({}, changed));
      LogCatcher log;
      const std::string receipt = ask(more);
      logged += log.text();
      EXPECT_EQ(cloud().prompts->Find(workspace, receipt).has_value(), store);
      EXPECT_EQ(cloud().prompts->counts().stored, store ? 1u : 0u);
      if (store) receipts.push_back(receipt);
    }
  }
  for (const std::string& receipt : receipts) {
    const auto found = cloud().prompts->Find(workspace, receipt);
    ASSERT_TRUE(found);
    EXPECT_NE(found->request.find("a private question"), std::string::npos);
    EXPECT_EQ(found->answer, R"({"ended":"complete","choices":[{"index":0,"text":"a private answer"}]})");
    EXPECT_EQ(found->model, "tiny:1b");
  }
  EXPECT_NE(logged.find("tiny:1b"), std::string::npos);
  EXPECT_EQ(logged.find("private"), std::string::npos);
  for (const auto& entry : fs::recursive_directory_iterator(home_)) {
    if (!entry.is_regular_file() || entry.path().filename() == "meter.journal") continue;  // numbers and ids, sparse
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    EXPECT_EQ(bytes.find("private"), std::string::npos) << entry.path();
  }

  // Without the key that they need, no other one is made.
  service_->workers.Stop();
  service_.reset();
  fs::rename(home_ / "vault.key", home_ / "aside.key");
  const auto opened = Cloud::Open({.home = home_, .clock = &clock_});
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Code::kCorrupt);
  EXPECT_NE(opened.error().message.find("vault.key is missing"), std::string::npos) << opened.error().message;
  EXPECT_FALSE(fs::exists(home_ / "vault.key"));
  EXPECT_FALSE(Cloud::Open({.home = home_, .vault_key = home_ / "nowhere.key", .clock = &clock_}));
  {
    const auto elsewhere = Cloud::Open({.home = home_, .vault_key = home_ / "aside.key", .clock = &clock_});
    ASSERT_TRUE(elsewhere) << elsewhere.error().message;
    EXPECT_TRUE((*elsewhere)->prompts->Find(workspace, receipts[0]));
  }
  fs::rename(home_ / "aside.key", home_ / "vault.key");
  Start({});
}

TEST_F(Serving, AnIdempotencyKeyRunsOnce) {
  const http::Headers same = {{"idempotency-key", "order-7"}};
  auto first = Chat("", same);
  End(engine_->At(0), FinishReason::kStop, 1);
  EXPECT_EQ(first->status(), 200);
  auto again = Chat("", same);
  EXPECT_EQ(again->status(), 409);
  EXPECT_NE(again->Body().find(first->Header("x-yun-receipt-id")), std::string::npos);
  EXPECT_EQ(engine_->count(), 1u);
  auto other = Chat("", same, OtherKey());  // another workspace's is another
  End(engine_->At(1), FinishReason::kStop, 1);
  EXPECT_EQ(other->status(), 200);
}

std::vector<std::int32_t> Bytes(std::string_view text) { return ByteTokenizer().Encode(text, false); }

TEST_F(Serving, ConstrainedAnswersCarryAGrammar) {
  for (const std::size_t i : {0, 1}) {
    auto client = Chat(R"("guided_choice":["hi","ho"])");
    const auto grammar = engine_->request(i).grammar;
    ASSERT_NE(grammar, nullptr);
    EXPECT_EQ(grammar->Valid(Bytes("hope")), 2u);
    EXPECT_TRUE(grammar->Accept('h') && grammar->Accept(i == 0 ? 'i' : 'o'));  // each request has its own
    EXPECT_TRUE(grammar->Finished());
    End(engine_->At(i), FinishReason::kStop, 1);
    EXPECT_EQ(client->status(), 200);
  }

  auto plain = Chat();
  EXPECT_EQ(engine_->request(2).grammar, nullptr);
  End(engine_->At(2), FinishReason::kStop, 1);
  EXPECT_EQ(plain->status(), 200);

  auto completion = Ask("POST", "/v1/completions", R"({"model":"tiny:1b","prompt":"x","guided_regex":"a+b"})");
  EXPECT_EQ(engine_->request(3).grammar->Valid(Bytes("aabb")), 3u);
  End(engine_->At(3), FinishReason::kStop, 1);
  EXPECT_EQ(completion->status(), 200);

  auto refused = Chat(R"("guided_json":{"type":"strnig"})");
  EXPECT_EQ(refused->status(), 400);
  EXPECT_EQ(Text(At(refused->Json(), "/error/param")), "guided_json");
  EXPECT_NE(Text(At(refused->Json(), "/error/message")).find("strnig"), std::string::npos);
  EXPECT_EQ(engine_->count(), 4u);
}

/// As above, and 258 is "<think>", 259 "</think>".
class ThinkingTokenizer : public ByteTokenizer {
 public:
  std::string_view Bytes(TokenId id) const override {
    return id == 258 ? "<think>" : id == 259 ? "</think>" : ByteTokenizer::Bytes(id);
  }
  TokenId Find(std::string_view text) const override { return text == "<think>" ? 258 : text == "</think>" ? 259 : -1; }
  std::int32_t size() const override { return 260; }
};

TEST(GrammarsOfAModel, KnowWhereThoughtEnds) {
  const Grammars grammars(std::make_shared<ThinkingTokenizer>(), {256}, 260);
  const auto grammar = std::move(*grammars.Make({api::ConstraintKind::kRegex, "ab", "p"}));
  const auto valid = [&](std::vector<std::int32_t> prompt, bool may, std::vector<std::int32_t> draft) {
    return grammars.For(grammar.get(), prompt, may, 0)->Valid(draft);
  };
  EXPECT_EQ(valid({'x'}, false, {258, 'x'}), 0u);
  EXPECT_EQ(valid({'x'}, true, {258, 'x', 259, 'a', 'b', 256}), 6u);
  EXPECT_EQ(valid({'x'}, true, {'a', 'b'}), 2u);
  EXPECT_EQ(valid({'x', 258, '\n'}, false, {'x', 259, 'a'}), 3u);
  EXPECT_EQ(valid({258, 'y', 259, '\n', '\n'}, false, {'x'}), 0u);
  EXPECT_EQ(valid({258, 'y'}, false, {'x'}), 0u);
  EXPECT_TRUE(grammars.EndsThought({{258, 259, '\n'}}));
  EXPECT_FALSE(grammars.EndsThought({{258, '\n'}}));
  EXPECT_FALSE(grammars.EndsThought({{259, 'x'}}));
}

// ---- values: embeddings, ranking, tokens

TEST_F(Serving, EmbeddingsAreShortenedAndScaled) {
  engine_->config_.hidden = 3;
  auto client = Ask("POST", "/v1/embeddings",
                    R"({"model":"tiny:1b","input":["ab",[7,8,9]],"dimensions":2,"instruct":"Find","priority":4})");
  const engine::GenerateRequest first = engine_->request(0), second = engine_->request(1);
  EXPECT_EQ(first.task, engine::Task::kEmbed);
  EXPECT_EQ(first.pooling, engine::Pooling::kMean);
  EXPECT_EQ(first.priority, 4);
  EXPECT_EQ(first.prompt, Bytes("Instruct: Find\nQuery:ab"));
  EXPECT_EQ(second.prompt, (std::vector<TokenId>{7, 8, 9}));
  const auto usage = [](std::uint64_t tokens) { return engine::Usage{.prompt_tokens = tokens}; };
  engine_->End(engine_->At(1), {.reason = FinishReason::kStop, .usage = usage(3), .values = {0, -2, 5}});
  engine_->End(engine_->At(0), {.reason = FinishReason::kStop, .usage = usage(23), .values = {3, 4, 5}});
  ASSERT_EQ(client->status(), 200) << client->Body();
  const json::value body = client->Json();
  EXPECT_EQ(json::serialize(At(body, "/data/0/embedding")), "[6E-1,8E-1]");
  EXPECT_EQ(json::serialize(At(body, "/data/1/embedding")), "[0,-1]");
  EXPECT_EQ(At(body, "/usage/prompt_tokens"), 26);
  EXPECT_EQ(Text(At(body, "/model")), "tiny:1b");
  const json::value receipt = ReceiptOf(client);
  EXPECT_EQ(json::serialize(At(receipt, "/units")), R"({"embedding":26})");
  EXPECT_EQ(Text(At(receipt, "/end_reason")), "stop");
  EXPECT_TRUE(service_->in_flight.WaitIdle(std::chrono::seconds(20)));
}

std::string EmbeddingsOf(std::size_t inputs) {
  std::string body = R"({"model":"tiny:1b","input":[)";
  for (std::size_t i = 0; i < inputs; ++i) body += (i ? "," : "") + std::string("[1]");
  return body + "]}";
}

TEST_F(Serving, ALongListIsGivenToTheEngineByAndBy) {
  constexpr std::size_t kInputs = 3 * kInputsInFlightMax;
  auto client = Ask("POST", "/v1/embeddings", EmbeddingsOf(kInputs));
  for (std::size_t i = 0; i < kInputs; ++i) {
    engine_->At(i);
    EXPECT_LE(engine_->count(), i + kInputsInFlightMax);
    engine_->End(engine_->At(i), {.reason = FinishReason::kStop,
                                  .usage = {.prompt_tokens = 1},
                                  .values = {static_cast<float>(i), static_cast<float>(kInputs)}});
  }
  ASSERT_EQ(client->status(), 200) << client->Body();
  const json::value body = client->Json();
  ASSERT_EQ(At(body, "/data").as_array().size(), kInputs);
  for (std::size_t i = 0; i < kInputs; ++i) {
    const json::value& row = body.at("data").at(i);
    EXPECT_EQ(row.at("index"), i);
    const double ratio = row.at("embedding").at(0).to_number<double>() / row.at("embedding").at(1).to_number<double>();
    EXPECT_NEAR(ratio, static_cast<double>(i) / kInputs, 1e-5) << i;
  }
  EXPECT_EQ(At(body, "/usage/total_tokens"), kInputs);
  EXPECT_EQ(At(ReceiptOf(client), "/units/embedding"), kInputs);
}

TEST_F(Serving, AFullQueueRefusesAListOrLetsItWait) {
  Start({.keep_alive = std::chrono::milliseconds(100)});
  engine_->RefuseAt(0);
  auto refused = Ask("POST", "/v1/embeddings", EmbeddingsOf(3));
  EXPECT_EQ(refused->status(), 429);
  EXPECT_EQ(refused->Header("retry-after"), "7");
  EXPECT_EQ(refused->Header("x-yun-receipt-id"), "");
  ASSERT_TRUE(cloud().ledger->Flush());
  EXPECT_EQ(cloud().ledger->ListReceipts({.workspace_id = Me()->workspace.id})->size(), 0u);

  engine_->RefuseAt(2);
  auto waits = Ask("POST", "/v1/embeddings", EmbeddingsOf(3));
  for (std::size_t i = 0; i < 2; ++i)
    engine_->End(engine_->At(i), {.reason = FinishReason::kStop, .usage = {.prompt_tokens = 1}, .values = {1}});
  engine_->RefuseAt(static_cast<std::size_t>(-1));
  engine_->End(engine_->At(2), {.reason = FinishReason::kStop, .usage = {.prompt_tokens = 1}, .values = {1}});
  EXPECT_EQ(waits->status(), 200) << waits->Body();
}

TEST_F(Serving, WhoLeavesPaysForWhatWasComputed) {
  auto client = Ask("POST", "/v1/embeddings", EmbeddingsOf(2 * kInputsInFlightMax));
  engine_->At(kInputsInFlightMax - 1);
  engine_->End(engine_->At(0), {.reason = FinishReason::kStop, .usage = {.prompt_tokens = 1}, .values = {1}});
  engine_->At(kInputsInFlightMax);
  client->Leave();
  const auto cancelled = [&] {
    for (std::size_t i = 1; i <= kInputsInFlightMax; ++i)
      if (!engine_->At(i).cancelled()) return false;
    return true;
  };
  for (int i = 0; i < 2000 && !cancelled(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  ASSERT_TRUE(cancelled());
  for (std::size_t i = 1; i <= kInputsInFlightMax; ++i)
    engine_->End(engine_->At(i), {.reason = FinishReason::kAborted});
  EXPECT_TRUE(service_->in_flight.WaitIdle(std::chrono::seconds(20)));
  EXPECT_EQ(engine_->count(), kInputsInFlightMax + 1) << "submitted for nobody";
  ASSERT_TRUE(cloud().ledger->Flush());
  const auto receipts = cloud().ledger->ListReceipts({.workspace_id = Me()->workspace.id});
  ASSERT_TRUE(receipts && receipts->size() == 1);
  EXPECT_EQ(receipts->front().units[cloud::Kind::kEmbedding], 1);
  EXPECT_EQ(receipts->front().end_reason, cloud::EndReason::kAborted);
}

TEST_F(Serving, OneThatFailsFailsTheList) {
  auto client = Ask("POST", "/v1/embeddings", EmbeddingsOf(3));
  engine_->End(engine_->At(1), {.reason = FinishReason::kError, .error = {Code::kInternal, "it broke"}});
  EXPECT_EQ(client->status(), 500);
  EXPECT_EQ(Text(At(client->Json(), "/error/message")), "it broke");
  for (const std::size_t i : {0u, 2u}) {
    EXPECT_TRUE(engine_->At(i).cancelled());
    engine_->End(engine_->At(i), {.reason = FinishReason::kAborted});
  }
  auto nan = Ask("POST", "/v1/embeddings", EmbeddingsOf(1));
  engine_->End(engine_->At(3), {.reason = FinishReason::kStop, .usage = {.prompt_tokens = 1}, .values = {NAN}});
  EXPECT_EQ(nan->status(), 500);
}

TEST_F(Serving, WhatCannotBeEmbeddedIsNamed) {
  engine_->config_.hidden = 8;
  const auto body = [](const std::string& more) { return R"({"model":"tiny:1b",)" + more + "}"; };
  const struct {
    std::string body;
    int status;
    std::string param, code, text;
  } cases[] = {
      {R"({"model":"none","input":"a"})", 404, "model", "model_not_found", "none"},
      {body(R"("input":["a",")" + std::string(101, 'b') + "\"]"), 400, "input[1]", "context_length_exceeded",
       "101 tokens; this model's context is 100"},
      {body(R"("input":[[1],[258]])"), 400, "input[1]", "invalid_value", "258"},
      {body(R"("input":"a","dimensions":9)"), 400, "dimensions", "invalid_value", "[1, 8]"},
  };
  for (const auto& c : cases) {
    auto client = Ask("POST", "/v1/embeddings", c.body);
    EXPECT_EQ(client->status(), c.status) << client->Body();
    EXPECT_EQ(Text(At(client->Json(), "/error/param")), c.param);
    EXPECT_EQ(Text(At(client->Json(), "/error/code")), c.code);
    EXPECT_NE(Text(At(client->Json(), "/error/message")).find(c.text), std::string::npos) << client->Body();
  }
  EXPECT_EQ(engine_->count(), 0u);
  ASSERT_TRUE(cloud().ledger->Flush());
  EXPECT_EQ(cloud().ledger->ListReceipts({.workspace_id = Me()->workspace.id})->size(), 0u);
}

TEST_F(Serving, DocumentsAreRanked) {
  engine_->context_ = 1000;
  const std::string ask = R"({"model":"tiny:1b","query":"q","documents":["a","b","c"])";
  for (const bool open : {true, false}) {
    const std::size_t at = engine_->count();
    auto client = Ask("POST", open ? "/v1/rerank" : "/compatible-api/v1/reranks",
                      open ? ask + R"(,"top_n":2})" : ask + R"(,"instruct":"I"})");
    const engine::GenerateRequest request = engine_->request(at + 2);
    EXPECT_EQ(request.task, engine::Task::kScore);
    EXPECT_EQ(request.score_ids, (std::vector<TokenId>{'y', 'n'}));
    const std::string prompt(request.prompt.begin(), request.prompt.end());
    EXPECT_TRUE(prompt.ends_with("\n<Query>: q\n<Document>: c\n")) << prompt;
    EXPECT_EQ(prompt.find("<Instruct>: I\n") != std::string::npos, !open) << prompt;
    EXPECT_TRUE(prompt.starts_with("system: Judge whether the Document meets")) << prompt;
    const float gaps[] = {0, 2, -1};
    for (std::size_t i = 0; i < 3; ++i)
      engine_->End(engine_->At(at + i),
                   {.reason = FinishReason::kStop, .usage = {.prompt_tokens = 5}, .values = {gaps[i], 0}});
    ASSERT_EQ(client->status(), 200) << client->Body();
    const json::value body = client->Json();
    ASSERT_EQ(At(body, "/results").as_array().size(), open ? 2u : 3u);
    EXPECT_EQ(At(body, "/results/0/index"), 1);
    EXPECT_EQ(At(body, "/results/1/index"), 0);
    EXPECT_NEAR(At(body, "/results/0/relevance_score").to_number<double>(), 1 / (1 + std::exp(-2.)), 1e-12);
    EXPECT_EQ(At(body, "/results/0").as_object().contains("document"), open);
    if (open) {
      EXPECT_EQ(Text(At(body, "/results/0/document/text")), "b");
    }
    EXPECT_EQ(At(body, "/usage/total_tokens"), 15);
    EXPECT_EQ(json::serialize(At(ReceiptOf(client), "/units")), R"({"rerank":15})");
  }
}

TEST_F(Serving, LongDocumentsAreCutAndLongQueriesRefused) {
  const std::string body = R"({"model":"tiny:1b","query":"q","documents":[")" + std::string(500, 'd') + "\"]}";
  auto client = Ask("POST", "/v1/rerank", body);
  EXPECT_EQ(client->status(), 400) << "the frame alone is longer than this context";
  EXPECT_EQ(Text(At(client->Json(), "/error/param")), "query");
  engine_->context_ = 400;
  client = Ask("POST", "/v1/rerank", body);
  const engine::GenerateRequest request = engine_->request(0);
  EXPECT_EQ(request.prompt.size(), 400u);
  EXPECT_EQ(request.prompt.back(), '\n') << "what follows the document stays";
  engine_->End(engine_->At(0), {.reason = FinishReason::kStop, .usage = {.prompt_tokens = 400}, .values = {0, 0}});
  EXPECT_EQ(client->status(), 200);
}

TEST_F(Serving, PairsAreScored) {
  engine_->context_ = 1000;
  auto client = Ask("POST", "/v1/score", R"({"model":"tiny:1b","text_1":"q","text_2":["a","b"]})");
  for (std::size_t i = 0; i < 2; ++i)
    engine_->End(engine_->At(i), {.reason = FinishReason::kStop,
                                  .usage = {.prompt_tokens = 5},
                                  .values = {static_cast<float>(i), static_cast<float>(1 - i)}});
  ASSERT_EQ(client->status(), 200) << client->Body();
  EXPECT_NEAR(At(client->Json(), "/data/0/score").to_number<double>(), 1 / (1 + std::exp(1.)), 1e-12);
  EXPECT_NEAR(At(client->Json(), "/data/1/score").to_number<double>(), 1 / (1 + std::exp(-1.)), 1e-12);
}

TEST_F(Serving, TextBecomesTokensAndBack) {
  auto tokens = Ask("POST", "/tokenize", R"({"prompt":"hi","return_token_strs":true})");
  EXPECT_EQ(tokens->Body(), R"({"count":2,"max_model_len":100,"tokens":[104,105],"token_strs":["h","i"]})");
  tokens = Ask("POST", "/v1/tokenize", R"({"model":"tiny:1b","messages":[{"role":"user","content":"hi"}]})");
  EXPECT_EQ(At(tokens->Json(), "/count"), 9);  // "user: hi\n"
  auto text = Ask("POST", "/detokenize", R"({"model":"tiny:1b","tokens":[104,105,257]})");
  EXPECT_EQ(text->Body(), R"({"prompt":"hiword"})");
  EXPECT_EQ(Ask("POST", "/v1/detokenize", R"({"tokens":[258]})")->status(), 400);
  EXPECT_EQ(Ask("POST", "/tokenize", R"({"model":"none","prompt":"hi"})")->status(), 404);
  ASSERT_TRUE(cloud().ledger->Flush());
  EXPECT_EQ(cloud().ledger->ListReceipts({.workspace_id = Me()->workspace.id})->size(), 0u) << "it costs nothing";
}

TEST(PoolingOfAModel, IsWhatItsFilesSay) {
  class Ending : public ByteTokenizer {
   public:
    TokenId end_id() const override { return 256; }
  };
  EXPECT_EQ(PoolingOf(TextPooling::kLast, ByteTokenizer()), engine::Pooling::kLast);
  EXPECT_EQ(PoolingOf(TextPooling::kMean, Ending()), engine::Pooling::kMean);
  EXPECT_EQ(PoolingOf(TextPooling::kUnsaid, ByteTokenizer()), engine::Pooling::kMean);
  EXPECT_EQ(PoolingOf(TextPooling::kUnsaid, Ending()), engine::Pooling::kLast);
  EXPECT_EQ(PoolingOf(TextPooling::kOther, Ending()), std::nullopt);
}

}  // namespace
}  // namespace yun::server
