// Adapters beside the model they belong to: equal to merged weights, alone and among others.
#include "engine/model/adapter.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <numeric>
#include <thread>

#include "engine/tiny_engine.h"
#include "formats/checkpoint/random_adapter.h"
#include "formats/quant/dequantize.h"

namespace yun::engine {
namespace {
namespace fs = std::filesystem;

constexpr double kLogitBound = 1e-4;  // of f32 sums in another order

/// A checkpoint whose matrices have an adapter's products in them.
class Merged final : public Checkpoint {
 public:
  /// `adapter` is as the checkpoint's file has its rows.
  Merged(std::shared_ptr<const Checkpoint> base, const AdapterFile& adapter) : base_(std::move(base)) {
    for (const AdapterProduct& p : adapter.products()) {
      const auto view = base_->Tensor(p.matrix);
      EXPECT_TRUE(view);
      const std::size_t out = view->shape[0], in = view->shape[1], rank = p.a.shape[0];
      std::vector<float>& w = tensors_[p.matrix];
      const std::vector<float> a = Floats(p.a), b = Floats(p.b);
      w = Floats(*view);
      for (std::size_t o = 0; o < out; ++o)
        for (std::size_t i = 0; i < in; ++i) {
          double sum = 0;
          for (std::size_t r = 0; r < rank; ++r) sum += double{b[o * rank + r]} * double{a[r * in + i]};
          w[o * in + i] += static_cast<float>(p.scale * sum);
        }
    }
  }

  bool has_weights() const override { return true; }
  Result<ModelConfig> Config() const override { return base_->Config(); }
  Result<TensorView> Tensor(std::string_view name) const override {
    ASSIGN_OR_RETURN(TensorView view, base_->Tensor(name));
    if (const auto found = tensors_.find(name); found != tensors_.end())
      view = {quant::Type::kF32, view.shape, std::as_bytes(std::span(found->second))};
    return view;
  }
  void Release(const TensorView&) const override {}
  Result<TokenizerFiles> Tokenizer() const override { return base_->Tokenizer(); }
  std::string ChatTemplate() const override { return {}; }
  std::string container() const override { return "merged"; }
  std::vector<fs::path> files() const override { return {}; }
  std::uint64_t weight_bytes() const override { return 0; }
  std::vector<MetadataEntry> Metadata() const override { return {}; }
  std::vector<TensorEntry> Tensors() const override { return {}; }

 private:
  static std::vector<float> Floats(const TensorView& view) {
    std::vector<float> floats(view.shape[0] * view.shape[1]);
    const std::size_t row = quant::RowBytes(view.type, view.shape[1]);
    for (std::size_t r = 0; r < view.shape[0]; ++r)
      quant::DequantizeRow(view.type, view.bytes.data() + r * row, floats.data() + r * view.shape[1], view.shape[1]);
    return floats;
  }
  std::shared_ptr<const Checkpoint> base_;
  std::map<std::string, std::vector<float>, std::less<>> tensors_;
};

class AdapterTest : public testing::Test {
 protected:
  AdapterTest() : folder_(fs::temp_directory_path() / ("yun_engine_adapter_test." + std::to_string(::getpid()))) {
    fs::create_directories(folder_);
  }
  ~AdapterTest() override { fs::remove_all(folder_); }

  AdapterFile OnDisk(const RandomAdapter& adapter) {
    const fs::path folder = folder_ / std::to_string(++made_);
    WritePeft(adapter, folder);
    auto file = AdapterFile::Open(folder);
    EXPECT_TRUE(file) << file.error().message;
    return std::move(*file);
  }

  fs::path folder_;
  int made_ = 0;
};

EngineOptions F32() {
  EngineOptions options = Small();
  options.precision = Precision::kF32;
  return options;
}
std::unique_ptr<Engine> Make(std::shared_ptr<const Checkpoint> checkpoint, const EngineOptions& options) {
  auto engine = Engine::Create(std::move(checkpoint), options);
  EXPECT_TRUE(engine) << engine.error().message;
  return std::move(*engine);
}
std::shared_ptr<const Adapter> Load(Engine& engine, const AdapterFile& file) {
  auto adapter = engine.LoadAdapter(file);
  EXPECT_TRUE(adapter) << adapter.error().message;
  return *adapter;
}

GenerateRequest ScoreOf(Engine& engine, std::vector<TokenId> prompt, std::shared_ptr<const Adapter> adapter) {
  GenerateRequest request;
  request.task = Task::kScore;
  request.prompt = std::move(prompt);
  request.score_ids.resize(engine.config().vocab);
  std::iota(request.score_ids.begin(), request.score_ids.end(), 0);
  request.adapter = std::move(adapter);
  return request;
}
std::vector<float> Logits(Engine& engine, std::vector<TokenId> prompt, std::shared_ptr<const Adapter> adapter = {}) {
  auto stream = engine.Submit(ScoreOf(engine, std::move(prompt), std::move(adapter)));
  EXPECT_TRUE(stream) << stream.error().message;
  return Collect(**stream).end.values;
}
double Farthest(const std::vector<float>& a, const std::vector<float>& b) {
  double worst = a.size() == b.size() ? 0 : std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i)
    worst = std::max<double>(worst, std::fabs(a[i] - b[i]));
  return worst;
}

TEST_F(AdapterTest, EqualsMergedWeights) {
  for (const char* name : {"llama", "qwen2", "qwen2_f16", "qwen3_tied", "qwen3_wide_heads", "llama_llama3.gguf"}) {
    SCOPED_TRACE(name);
    const auto checkpoint = Model(name);
    const auto config = checkpoint->Config();
    ASSERT_TRUE(config);
    for (const std::uint32_t rank : {1u, 5u, 16u, 40u}) {
      const RandomAdapter random = MakeRandomAdapter(*config, rank, rank);
      const AdapterFile natural = OnDisk(random);
      WriteGguf(random, folder_ / "a.gguf", config->architecture, config->rope_interleaved ? config->head_dim : 0);
      const auto gguf = AdapterFile::Open(folder_ / "a.gguf");
      ASSERT_TRUE(gguf) << gguf.error().message;
      const auto engine = Make(checkpoint, F32());
      // The merged model's rows are in its file's order; so are the GGUF adapter's.
      const auto merged =
          Make(std::make_shared<Merged>(checkpoint, config->rope_interleaved ? *gguf : natural), F32());
      // Of GGUF's llama every adapter's q and k come in pairs.
      const bool gguf_fits = config->architecture != "llama" || config->rope_interleaved;
      for (const AdapterFile* file : {&natural, gguf_fits ? &*gguf : &natural}) {
        const auto adapter = Load(*engine, *file);
        const std::vector<TokenId> prompt = Prompt(rank, 75);  // more than one step, and than one run of rows
        const std::vector<float> expected = Logits(*merged, prompt), got = Logits(*engine, prompt, adapter);
        EXPECT_LE(Farthest(expected, got), kLogitBound) << "rank " << rank;
        EXPECT_GT(Farthest(expected, Logits(*engine, prompt)), 100 * kLogitBound) << "the adapter changes nothing";
      }
      const auto adapter = Load(*engine, natural);
      GenerateRequest request = Greedy(Prompt(3, 20), 16);
      const Answer expected = Collect(**merged->Submit(request));
      request.adapter = adapter;
      EXPECT_EQ(Collect(**engine->Submit(request)).ids, expected.ids);
    }
  }
}

TEST_F(AdapterTest, SomeMatricesOfSomeLayers) {
  const auto checkpoint = Model("qwen3_untied");
  const auto config = checkpoint->Config();
  const auto engine = Make(checkpoint, F32());
  for (const std::string_view part : kAdapterParts) {
    SCOPED_TRACE(part);
    RandomAdapter random = MakeRandomAdapter(*config, 8, 7, {part});
    random.products.erase(random.products.begin());  // not the first layer's
    if (random.products.empty()) continue;
    const AdapterFile file = OnDisk(random);
    const auto adapter = Load(*engine, file);
    const std::vector<TokenId> prompt = Prompt(5, 30);
    const auto merged = Make(std::make_shared<Merged>(checkpoint, file), F32());
    EXPECT_LE(Farthest(Logits(*merged, prompt), Logits(*engine, prompt, adapter)), kLogitBound);
  }
}

/// Adapters of several ranks, and none, for requests that run together.
struct Crowd {
  std::unique_ptr<Engine> engine;
  std::vector<std::shared_ptr<const Adapter>> adapters;
};
std::vector<GenerateRequest> Requests(const Crowd& crowd) {
  std::vector<GenerateRequest> requests;
  for (unsigned i = 0; i < 12; ++i) {
    requests.push_back(Greedy(Prompt(i, 5 + 9 * i), 12));
    requests.back().adapter = crowd.adapters[i % crowd.adapters.size()];
  }
  return requests;
}
std::vector<std::vector<TokenId>> Together(Engine& engine, const std::vector<GenerateRequest>& requests) {
  std::vector<std::shared_ptr<Stream>> streams;
  for (const GenerateRequest& request : requests) {
    auto stream = engine.Submit(request);
    EXPECT_TRUE(stream) << stream.error().message;
    streams.push_back(std::move(*stream));
  }
  std::vector<std::vector<TokenId>> ids;
  for (const auto& stream : streams) ids.push_back(Collect(*stream).ids);
  return ids;
}

TEST_F(AdapterTest, ManyTogetherGiveWhatEachGivesAlone) {
  struct Case {
    const char* name;
    Precision precision;
    bool deterministic;
    Speculation speculation;
  };
  for (const Case& c : {Case{"qwen3_untied", Precision::kF32, false, Speculation::kOff},
                        Case{"llama", Precision::kF32, false, Speculation::kNgram},
                        Case{"qwen3_untied", Precision::kAuto, true, Speculation::kOff},
                        Case{"qwen3_bf16", Precision::kAuto, true, Speculation::kNgram}}) {
    SCOPED_TRACE(c.name);
    const auto checkpoint = Model(c.name);
    EngineOptions options = Small();
    options.precision = c.precision;
    options.deterministic = c.deterministic;
    options.speculation = c.speculation;
    options.draft_always = true;
    const auto crowd = [&] {
      Crowd made{Make(checkpoint, options), {nullptr}};
      for (const std::uint32_t rank : {4u, 16u, 33u})
        made.adapters.push_back(Load(*made.engine, OnDisk(MakeRandomAdapter(*checkpoint->Config(), rank, rank))));
      return made;
    };
    const Crowd one = crowd(), many = crowd();
    const auto together = Together(*many.engine, Requests(many));
    std::vector<std::vector<TokenId>> alone;
    for (const GenerateRequest& request : Requests(one)) alone.push_back(Together(*one.engine, {request})[0]);
    EXPECT_EQ(together, alone);
    EXPECT_EQ(Together(*many.engine, Requests(many)), alone) << "with cached prompts";
  }
}

// The tables for other processors and the precision that is used by default, near f32.
TEST_F(AdapterTest, DefaultPrecisionIsNear) {
  const auto checkpoint = Model("qwen3_untied");
  const AdapterFile file = OnDisk(MakeRandomAdapter(*checkpoint->Config(), 16, 3));
  const auto exact = Make(checkpoint, F32()), fast = Make(checkpoint, Small());
  const auto exact_adapter = Load(*exact, file), fast_adapter = Load(*fast, file);
  for (const std::size_t size : {3u, 100u}) {  // few rows, and tiles
    const std::vector<float> expected = Logits(*exact, Prompt(1, size), exact_adapter);
    const float largest = std::fabs(*std::ranges::max_element(expected, {}, [](float x) { return std::fabs(x); }));
    EXPECT_LE(Farthest(expected, Logits(*fast, Prompt(1, size), fast_adapter)), 0.03 * largest);
  }
}

TEST_F(AdapterTest, CachedPrefixesAreNotShared) {
  const auto checkpoint = Model("qwen3_tied");
  const auto engine = Make(checkpoint, F32());
  const auto config = *checkpoint->Config();
  const RandomAdapter random = MakeRandomAdapter(config, 4, 1), other = MakeRandomAdapter(config, 4, 2);
  const auto first = Load(*engine, OnDisk(random)), second = Load(*engine, OnDisk(other)),
             again = Load(*engine, OnDisk(random));
  EXPECT_NE(first->digest(), second->digest());
  EXPECT_EQ(first->digest(), again->digest());
  const auto cached = [&](const std::shared_ptr<const Adapter>& adapter) {
    GenerateRequest request = Greedy(Prompt(9, 64), 2);
    request.adapter = adapter;
    return Collect(**engine->Submit(request)).end.usage.cached_tokens;
  };
  EXPECT_EQ(cached(nullptr), 0u);
  EXPECT_EQ(cached(first), 0u);
  EXPECT_EQ(cached(second), 0u);
  EXPECT_EQ(cached(first), 48u);
  EXPECT_EQ(cached(again), 48u);
  EXPECT_EQ(cached(nullptr), 48u);
}

TEST_F(AdapterTest, BytesCountInTheFleetAsLongAsItIsThere) {
  const auto checkpoint = Model("qwen3_tied");
  const AdapterFile small = OnDisk(MakeRandomAdapter(*checkpoint->Config(), 4, 1)),
                    large = OnDisk(MakeRandomAdapter(*checkpoint->Config(), 64, 2));
  const auto two = [&](const std::shared_ptr<Fleet>& fleet) {
    std::vector<std::unique_ptr<Engine>> engines;
    for (const char* name : {"first", "second"}) {
      EngineOptions options = F32();
      options.cache_bytes = 256 << 10;
      options.fleet = fleet;
      options.name = name;
      engines.push_back(Make(checkpoint, options));
    }
    return engines;
  };
  const auto free = std::make_shared<Fleet>(ResidencyOptions{}, 2);
  std::uint64_t fixed = 0, weights = 0, bytes = 0;
  {
    const auto engines = two(free);
    fixed = free->bytes_fixed();
    weights = free->Rows()[0].weight_bytes;
    bytes = Load(*engines[0], small)->bytes();
    EXPECT_EQ(free->bytes_fixed(), fixed) << "it is gone already";
    EXPECT_LT(bytes, weights) << "or the test makes no sense";
  }
  const auto fleet = std::make_shared<Fleet>(ResidencyOptions{.bytes = fixed + 2 * weights}, 2);
  const auto engines = two(fleet);
  const std::vector<TokenId> prompt = Prompt(1, 9);
  const std::vector<float> plain = Logits(*engines[0], prompt);
  EXPECT_EQ(Logits(*engines[1], prompt), plain);
  EXPECT_EQ(fleet->bytes_used(), fleet->bytes()) << "both are there";
  auto adapter = Load(*engines[1], small);
  EXPECT_EQ(engines[0]->Stats().weight_bytes_resident, 0u) << "the one that has been idle for longer gave way";
  EXPECT_EQ(fleet->bytes_fixed(), fixed + bytes);
  EXPECT_EQ(engines[1]->Stats().adapter_bytes, bytes);
  EXPECT_GT(Farthest(plain, Logits(*engines[1], prompt, adapter)), 100 * kLogitBound);
  EXPECT_EQ(Logits(*engines[0], prompt), plain) << "in turns";
  EXPECT_LE(fleet->bytes_used(), fleet->bytes());

  // What would leave no room for a model's weights is refused, and nothing is lost.
  const auto tight = std::make_shared<Fleet>(ResidencyOptions{.bytes = fixed + weights + bytes}, 2);
  const auto others = two(tight);
  const auto refused = others[0]->LoadAdapter(large);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::kNoMemory);
  EXPECT_NE(refused.error().message.find(fmt::format("there are {}", bytes)), std::string::npos)
      << refused.error().message;
  EXPECT_TRUE(others[0]->LoadAdapter(small));

  GenerateRequest request = ScoreOf(*engines[1], prompt, adapter);
  auto stream = *engines[1]->Submit(request);
  request.adapter.reset();
  adapter.reset();
  Collect(*stream);
  for (int i = 0; i < 2000 && fleet->bytes_fixed() > fixed; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  EXPECT_EQ(fleet->bytes_fixed(), fixed);
}

TEST_F(AdapterTest, WrongOnesAreRefused) {
  const auto engine = Make(Model("qwen3_tied"), F32());
  const ModelConfig config = engine->config();
  struct Case {
    std::function<void(ModelConfig&)> change;
    std::vector<std::string> words;
  };
  const std::string q = "model.layers.0.self_attn.q_proj", up = "model.layers.0.mlp.gate_proj";
  for (const Case& c : {Case{[](ModelConfig& m) { m.ffn *= 2; },
                             {up + ".lora_B.weight", fmt::format("[{}, 4]", config.ffn * 2),
                              fmt::format("[{}, {}]", config.ffn, config.hidden)}},
                        Case{[](ModelConfig& m) { m.hidden *= 2; },
                             {q + ".lora_A.weight", fmt::format("[4, {}]", config.hidden * 2)}},
                        Case{[](ModelConfig& m) { ++m.layers; },
                             {fmt::format("layers.{}.", config.layers), "another one"}}}) {
    ModelConfig other = config;
    c.change(other);
    RandomAdapter random = MakeRandomAdapter(other, 4, 1);
    const auto adapter = engine->LoadAdapter(OnDisk(random));
    ASSERT_FALSE(adapter);
    EXPECT_EQ(adapter.error().code, Code::kInvalidArgument);
    for (const std::string& word : c.words)
      EXPECT_NE(adapter.error().message.find(word), std::string::npos) << adapter.error().message << " / " << word;
  }
  RandomAdapter random = MakeRandomAdapter(config, 4, 1);
  WriteGguf(random, folder_ / "a.gguf", "qwen2", 0);
  const auto gguf = AdapterFile::Open(folder_ / "a.gguf");
  ASSERT_TRUE(gguf) << gguf.error().message;
  const auto wrong = engine->LoadAdapter(*gguf);
  ASSERT_FALSE(wrong);
  EXPECT_NE(wrong.error().message.find("'qwen2'"), std::string::npos) << wrong.error().message;

  random.products[0].b[3] = std::numeric_limits<float>::quiet_NaN();
  const auto broken = engine->LoadAdapter(OnDisk(random));
  ASSERT_FALSE(broken);
  EXPECT_EQ(broken.error().code, Code::kCorrupt);
  EXPECT_NE(broken.error().message.find("q_proj.lora_B.weight': element [0, 3]"), std::string::npos)
      << broken.error().message;

  const auto elsewhere = Make(Model("qwen3_tied"), F32());
  GenerateRequest request = Greedy(Prompt(1, 4), 1);
  request.adapter = Load(*elsewhere, OnDisk(MakeRandomAdapter(config, 4, 1)));
  const auto refused = engine->Submit(request);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::kInvalidArgument);
}

}  // namespace
}  // namespace yun::engine
