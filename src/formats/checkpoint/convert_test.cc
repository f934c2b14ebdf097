#include "formats/checkpoint/convert.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmath>
#include <csignal>
#include <cstring>
#include <fstream>

#include "formats/checkpoint/checkpoint.h"
#include "formats/quant/dequantize.h"

namespace yun {
namespace {
namespace fs = std::filesystem;
const fs::path kModels = YUN_SOURCE_DIR "/tests/golden/models";

class ConvertTest : public testing::Test {
 protected:
  ConvertTest() : folder_(fs::temp_directory_path() / ("yun_convert_test." + std::to_string(::getpid()))) {
    fs::create_directories(folder_);
  }
  ~ConvertTest() override { fs::remove_all(folder_); }

  std::size_t Files() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()));
  }

  Result<ConvertReport> Run(const fs::path& in, const char* recipe, const fs::path& out = {}) {
    ConvertOptions options;
    options.threads = 2;
    options.replace = true;
    options.on_note = [this](const std::string& note) { notes_.push_back(note); };
    return Convert(in, out.empty() ? folder_ / "out.gguf" : out, *FindRecipe(recipe), options);
  }

  fs::path folder_;
  std::vector<std::string> notes_;
};

std::vector<float> Floats(const Checkpoint& checkpoint, const std::string& name) {
  const auto view = checkpoint.Tensor(name);
  EXPECT_TRUE(view) << view.error().message;
  std::uint64_t items = 1;
  for (const auto size : view->shape) items *= size;
  std::vector<float> floats(items);
  quant::DequantizeRow(view->type, view->bytes.data(), floats.data(), items);
  return floats;
}

TEST_F(ConvertTest, AFolderKeepsItsNumbersAndConfiguration) {
  for (const char* model : {"llama", "llama_linear", "llama_llama3", "qwen2", "qwen3_yarn", "qwen3_yarn_old",
                            "qwen3_sharded", "qwen3_tied"}) {
    SCOPED_TRACE(model);
    const auto report = Run(kModels / model, "f32");
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_FALSE(report->has_tokenizer);
    const auto before = Checkpoint::Open(kModels / model), after = Checkpoint::Open(folder_ / "out.gguf");
    ASSERT_TRUE(before && after) << after.error().message;
    const ModelConfig a = *(*before)->Config(), b = *(*after)->Config();
    EXPECT_EQ(std::tie(a.architecture, a.layers, a.hidden, a.heads, a.kv_heads, a.head_dim, a.ffn, a.vocab, a.context),
              std::tie(b.architecture, b.layers, b.hidden, b.heads, b.kv_heads, b.head_dim, b.ffn, b.vocab, b.context));
    EXPECT_EQ(std::tie(a.rms_eps, a.tied, a.qkv_bias, a.qk_norm, a.rope_theta, a.rope_dim, a.yarn_beta_fast,
                       a.yarn_beta_slow, a.yarn_truncate),
              std::tie(b.rms_eps, b.tied, b.qkv_bias, b.qk_norm, b.rope_theta, b.rope_dim, b.yarn_beta_fast,
                       b.yarn_beta_slow, b.yarn_truncate));
    EXPECT_NEAR(a.yarn_attention_factor, b.yarn_attention_factor, 1e-6);
    if (a.rope_scaling == RopeScaling::kLlama3) {
      ASSERT_EQ(b.rope_freq_divisors.size(), a.rope_dim / 2);
      EXPECT_EQ(b.rope_freq_divisors.front(), 1.f);
      EXPECT_EQ(b.rope_freq_divisors.back(), a.rope_factor);
    } else {
      EXPECT_EQ(std::tie(a.rope_scaling, a.rope_factor), std::tie(b.rope_scaling, b.rope_factor));
      if (a.rope_scaling == RopeScaling::kYarn) {
        EXPECT_EQ(a.rope_original_context, b.rope_original_context);
      }
    }
    for (const TensorNeed& need : TensorsOf(a)) {
      std::vector<float> x = Floats(**before, need.name);
      const std::vector<float> y = Floats(**after, need.name);
      const bool q = need.name.ends_with("attn_q.weight"), k = need.name.ends_with("attn_k.weight");
      if (a.architecture == "llama" && (q || k)) {
        // Element i of a head's first half goes to 2i, of its second half to 2i + 1.
        const std::vector<float> old = x;
        const std::uint32_t half = a.head_dim / 2, heads = q ? a.heads : a.kv_heads;
        for (std::uint32_t head = 0; head < heads; ++head)
          for (std::uint32_t part = 0; part < 2; ++part)
            for (std::uint32_t i = 0; i < half; ++i)
              std::memcpy(x.data() + std::size_t{head * a.head_dim + 2 * i + part} * a.hidden,
                          old.data() + std::size_t{head * a.head_dim + part * half + i} * a.hidden,
                          a.hidden * sizeof(float));
      }
      EXPECT_EQ(x, y) << need.name;
    }
  }
}

TEST_F(ConvertTest, QuantisedTensorsAreCloseAndFallBackWhereTheyMust) {
  for (const char* recipe : {"q8_0", "q4_0", "q4_1", "q4_k_m", "f16", "bf16"}) {
    SCOPED_TRACE(recipe);
    notes_.clear();
    const auto report = Run(kModels / "qwen3_untied", recipe);
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_LT(report->bytes_out, report->bytes_in);
    const auto before = Checkpoint::Open(kModels / "qwen3_untied"), after = Checkpoint::Open(folder_ / "out.gguf");
    ASSERT_TRUE(before && after);
    const double bound = recipe[0] == 'q' && recipe[1] == '4' ? 0.13 : 0.01;
    for (const TensorNeed& need : TensorsOf(*(*before)->Config())) {
      const auto x = Floats(**before, need.name), y = Floats(**after, need.name);
      double error = 0, norm = 1e-12;
      for (std::size_t i = 0; i < x.size(); ++i) {
        error += (x[i] - y[i]) * (x[i] - y[i]);
        norm += x[i] * x[i];
      }
      EXPECT_LE(std::sqrt(error / norm), bound) << need.name;
      if (need.shape.size() == 1) {
        EXPECT_EQ((*after)->Tensor(need.name)->type, quant::Type::kF32) << need.name;
      }
    }
    const bool k = std::string_view(recipe) == "q4_k_m";
    bool told = false;
    for (const std::string& note : notes_) told = told || note.find("instead of q4_k") != std::string::npos;
    EXPECT_EQ(told, k);  // columns of these tiny models are no multiple of 256
  }
}

TEST_F(ConvertTest, GgufKeepsItsMetadata) {
  const auto report = Run(kModels / "llama_llama3.gguf", "q8_0");
  ASSERT_TRUE(report) << report.error().message;
  const auto before = Checkpoint::Open(kModels / "llama_llama3.gguf"), after = Checkpoint::Open(folder_ / "out.gguf");
  ASSERT_TRUE(before && after);
  std::vector<std::string> keys;
  for (const auto& entry : (*after)->Metadata()) keys.push_back(entry.key + "=" + entry.value);
  for (const auto& entry : (*before)->Metadata()) {
    if (entry.key == "general.file_type" || entry.key == "general.quantization_version") continue;
    EXPECT_NE(std::find(keys.begin(), keys.end(), entry.key + "=" + entry.value), keys.end()) << entry.key;
  }
  EXPECT_EQ((*after)->Config()->rope_freq_divisors, (*before)->Config()->rope_freq_divisors);
  // Once more: the same type is copied as it is.
  notes_.clear();
  ASSERT_TRUE(Run(folder_ / "out.gguf", "q8_0", folder_ / "again.gguf"));
  for (const std::string& note : notes_) EXPECT_EQ(note.find("already"), std::string::npos) << note;
  const auto first = (*after)->Tensor("blk.0.ffn_up.weight")->bytes;
  const auto again = Checkpoint::Open(folder_ / "again.gguf");
  const auto second = (*again)->Tensor("blk.0.ffn_up.weight")->bytes;
  EXPECT_TRUE(std::equal(first.begin(), first.end(), second.begin(), second.end()));
}

TEST_F(ConvertTest, ATokenizerGoesAlong) {
  const fs::path model = folder_ / "model";
  fs::copy(kModels / "qwen3_tied", model, fs::copy_options::recursive);
  const auto put = [&](const char* name, std::string_view text) { std::ofstream(model / name) << text; };
  constexpr std::string_view kVocab = R"("model":{"type":"BPE","vocab":{"a":0,"b":1,"ab":2},"merges":[["a","b"]]},
    "added_tokens":[{"id":3,"content":"<|end|>","special":true},{"id":4,"content":"<think>","special":false}])";
  const auto tokenizer = [&](std::string_view pre) { return fmt::format(R"({{"pre_tokenizer":{},{}}})", pre, kVocab); };
  constexpr std::string_view kGpt2 = R"({"type":"ByteLevel","add_prefix_space":false,"use_regex":true})";
  put("tokenizer_config.json",
      R"({"eos_token":"<|end|>","bos_token":{"content":"<think>"},"chat_template":"{{ messages }}"})");
  put("tokenizer.json", tokenizer(kGpt2));
  const auto report = Run(model, "q8_0", folder_ / "out.gguf");
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_TRUE(report->has_tokenizer && report->has_template);
  const auto after = Checkpoint::Open(folder_ / "out.gguf");
  ASSERT_TRUE(after);
  EXPECT_EQ((*after)->ChatTemplate(), "{{ messages }}");
  const auto files = (*after)->Tokenizer();
  ASSERT_TRUE(files) << files.error().message;
  EXPECT_EQ(files->gguf_model, "gpt2");
  EXPECT_EQ(files->gguf_pre, "gpt-2");
  EXPECT_EQ(files->gguf_tokens.size(), (*after)->Config()->vocab);
  EXPECT_EQ((std::vector<std::string>(files->gguf_tokens.begin(), files->gguf_tokens.begin() + 6)),
            (std::vector<std::string>{"a", "b", "ab", "<|end|>", "<think>", "[PAD5]"}));
  EXPECT_EQ((std::vector<std::int32_t>(files->gguf_token_types.begin(), files->gguf_token_types.begin() + 6)),
            (std::vector<std::int32_t>{1, 1, 1, 3, 4, 5}));
  EXPECT_EQ(files->gguf_merges, std::vector<std::string>{"a b"});
  EXPECT_EQ(files->eos_id, 3);
  EXPECT_EQ(files->bos_id, 4);
  EXPECT_FALSE(files->add_bos || files->add_eos);

  // A model of embeddings: another token than the one that ends answers stands behind a text.
  put("tokenizer.json",
      fmt::format(R"({{"pre_tokenizer":{},"post_processor":{{"type":"TemplateProcessing","single":[)"
                  R"({{"Sequence":{{"id":"A"}}}},{{"SpecialToken":{{"id":"<think>"}}}}]}},{}}})", kGpt2, kVocab));
  fs::create_directory(model / "1_Pooling");
  put("1_Pooling/config.json", R"({"pooling_mode":"lasttoken"})");
  ASSERT_TRUE(Run(model, "q8_0", folder_ / "embedder.gguf"));
  const auto embedder = Checkpoint::Open(folder_ / "embedder.gguf");
  ASSERT_TRUE(embedder);
  EXPECT_EQ((*embedder)->Pooling(), TextPooling::kLast);
  EXPECT_TRUE((*embedder)->Tokenizer()->add_eos);
  EXPECT_EQ((*embedder)->Tokenizer()->eos_id, 4);
  EXPECT_EQ((*embedder)->Config()->eos_ids, (std::vector<std::int32_t>{4, 3})) << "eos and eot";

  const std::string split =
      R"({"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{"Regex":"%"},"behavior":"Isolated"},
    {"type":"ByteLevel","use_regex":false}]})";
  const auto with = [&](std::string_view pattern) { return std::string(split).replace(split.find('%'), 1, pattern); };
  const struct {
    std::string pre;
    const char* name;
  } cases[] = {
      {with(R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}|)"
            R"( ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+)"),
       "qwen2"},
      {with(R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}|)"
            R"( ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+)"),
       "llama-bpe"},
      {R"({"type":"Sequence","pretokenizers":[{"type":"Digits",)"
       R"("individual_digits":true},{"type":"ByteLevel","use_regex":true}]})",
       "smollm"},
  };
  for (const auto& c : cases) {
    put("tokenizer.json", tokenizer(c.pre));
    ASSERT_TRUE(Run(model, "q8_0", folder_ / "out.gguf"));
    EXPECT_EQ((*Checkpoint::Open(folder_ / "out.gguf"))->Tokenizer()->gguf_pre, c.name);
  }
  const struct {
    std::string json;
    const char* words;
  } bad[] = {
      {tokenizer(with("other")), "an unknown pattern"},
      {tokenizer(R"({"type":"Metaspace"})"), "Metaspace"},
      {tokenizer("null"), "no pre_tokenizer"},
      {R"({"model":{"type":"Unigram"}})", "Unigram"},
      {fmt::format(R"({{"pre_tokenizer":{},"model":{{"type":"BPE","vocab":{{"a":99999999}},"merges":[]}}}})", kGpt2),
       "id 99999999"},
      {fmt::format(R"({{"pre_tokenizer":{},"model":{{"type":"BPE","vocab":{{"a":0}},"merges":[["a"]]}}}})", kGpt2),
       "merges[0]"},
      {"[", "JSON"},
  };
  for (const auto& c : bad) {
    put("tokenizer.json", c.json);
    const auto failed = Run(model, "q8_0", folder_ / "bad.gguf");
    ASSERT_FALSE(failed) << c.words;
    EXPECT_NE(failed.error().message.find(c.words), std::string::npos) << failed.error().message;
    EXPECT_FALSE(fs::exists(folder_ / "bad.gguf"));
  }
}

TEST_F(ConvertTest, NothingHalfMadeIsLeft) {
  std::atomic<bool> stop = true;
  ConvertOptions options;
  options.cancel = &stop;
  auto status = Convert(kModels / "qwen2", folder_ / "a.gguf", *FindRecipe("q8_0"), options);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Code::kCancelled);
  EXPECT_EQ(Files(), 0u);

  options.cancel = nullptr;
  ::signal(SIGXFSZ, SIG_IGN);
  rlimit before = {};
  ::getrlimit(RLIMIT_FSIZE, &before);
  rlimit small = before;
  small.rlim_cur = 20000;  // stands for a full disk
  ::setrlimit(RLIMIT_FSIZE, &small);
  status = Convert(kModels / "qwen2", folder_ / "a.gguf", *FindRecipe("f16"), options);
  ::setrlimit(RLIMIT_FSIZE, &before);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Code::kDisk);
  EXPECT_EQ(Files(), 0u);

  ASSERT_TRUE(Convert(kModels / "qwen2", folder_ / "a.gguf", *FindRecipe("q8_0"), options));
  status = Convert(kModels / "qwen2", folder_ / "a.gguf", *FindRecipe("q4_0"), options);
  EXPECT_EQ(status.error().code, Code::kAlreadyExists);
  options.replace = true;
  status = Convert(folder_ / "a.gguf", folder_ / "a.gguf", *FindRecipe("q4_0"), options);
  EXPECT_EQ(status.error().code, Code::kInvalidArgument);
  EXPECT_EQ(Convert(folder_ / "none", folder_ / "b.gguf", *FindRecipe("q4_0"), options).error().code, Code::kNotFound);
  EXPECT_EQ(Convert(kModels / "qwen2", folder_ / "none" / "b.gguf", *FindRecipe("q4_0"), options).error().code,
            Code::kDisk);
  EXPECT_EQ(Files(), 1u);
  EXPECT_EQ(FindRecipe("q9_9"), nullptr);
}

TEST_F(ConvertTest, AWeightThatIsNoNumberIsNamed) {
  const fs::path model = folder_ / "model";
  fs::copy(kModels / "llama", model, fs::copy_options::recursive);
  {
    const auto checkpoint = Checkpoint::Open(model);
    const auto tensor = (*checkpoint)->Tensor("blk.1.ffn_up.weight");
    std::fstream file(model / "model.safetensors", std::ios::in | std::ios::out | std::ios::binary);
    std::string bytes{std::istreambuf_iterator<char>(file), {}};
    const std::string_view needle(reinterpret_cast<const char*>(tensor->bytes.data()), 64);
    const std::size_t at = bytes.find(needle);
    ASSERT_NE(at, std::string::npos);
    file.seekp(static_cast<std::streamoff>(at + 4 * 5));
    const float nan = std::nanf("");
    file.write(reinterpret_cast<const char*>(&nan), sizeof nan);
  }
  const auto failed = Run(model, "q8_0");
  ASSERT_FALSE(failed);
  EXPECT_NE(failed.error().message.find("tensor 'blk.1.ffn_up.weight', row 0: element 5"), std::string::npos)
      << failed.error().message;
}

}  // namespace
}  // namespace yun
