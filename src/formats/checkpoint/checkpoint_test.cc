#include "formats/checkpoint/checkpoint.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <cstring>
#include <fstream>

#include "formats/checkpoint/hf_config.h"
#include "formats/gguf/writer.h"

namespace yun {
namespace {
namespace fs = std::filesystem;

constexpr std::string_view kLlama = R"({"model_type":"llama","vocab_size":256,"hidden_size":64,"intermediate_size":96,
  "num_hidden_layers":2,"num_attention_heads":4,"num_key_value_heads":2,
  "max_position_embeddings":128,"rms_norm_eps":1e-05)";

/// kLlama with more keys, which win over the same keys before them.
Result<HfConfig> Config(std::string_view more, std::string_view base = kLlama, std::string_view generation = "") {
  return ParseHfConfig(fmt::format("{}{}}}", base, more), "config.json", generation, "generation_config.json");
}

TEST(HfConfig, Plain) {
  const auto got = Config(R"(,"tie_word_embeddings":true,"eos_token_id":[3,4],"bos_token_id":1)", kLlama,
                          R"({"eos_token_id":7,"temperature":0.6,"top_k":20,"top_p":0.95})");
  ASSERT_TRUE(got) << got.error().message;
  const ModelConfig& c = got->config;
  EXPECT_EQ(c.architecture, "llama");
  EXPECT_EQ(c.head_dim, 16u);
  EXPECT_EQ(c.rope_dim, 16u);
  EXPECT_EQ(c.rope_theta, 10000.f);
  EXPECT_TRUE(c.tied);
  EXPECT_FALSE(c.rope_interleaved);
  EXPECT_EQ(c.eos_ids, std::vector<std::int32_t>{7});
  EXPECT_EQ(c.bos_id, 1);
  EXPECT_EQ(c.default_temperature, 0.6f);
  EXPECT_EQ(c.default_top_k, 20);
  EXPECT_EQ(Config("")->config.eos_ids, std::vector<std::int32_t>{});
  EXPECT_FALSE(Config("")->tie_given);
}

TEST(HfConfig, RopeInBothStyles) {
  const float yarn4 = 0.1f * std::log(4.f) + 1.f;
  const struct {
    const char* keys;
    RopeScaling kind;
    float theta, factor, original, attention;
  } cases[] = {
      {R"(,"rope_theta":500000)", RopeScaling::kNone, 5e5f, 1, 0, 0},
      {R"(,"rope_scaling":null,"rope_theta":5e5)", RopeScaling::kNone, 5e5f, 1, 0, 0},
      {R"(,"rope_parameters":{"rope_type":"default","rope_theta":1e6})", RopeScaling::kNone, 1e6f, 1, 0, 0},
      {R"(,"rope_scaling":{"type":"linear","factor":3.0})", RopeScaling::kLinear, 1e4f, 3, 128, 0},
      {R"(,"rope_scaling":{"rope_type":"yarn","factor":4.0,"original_max_position_embeddings":32},"rope_theta":1e6)",
       RopeScaling::kYarn, 1e6f, 4, 32, yarn4},
      {R"(,"rope_parameters":{"rope_type":"yarn","factor":4.0,)"
       R"("original_max_position_embeddings":32,"rope_theta":1e6,"attention_factor":1.5})",
       RopeScaling::kYarn, 1e6f, 4, 32, 1.5f},
      {R"(,"rope_parameters":{"rope_type":"yarn","factor":4.0,"mscale":1.0,"mscale_all_dim":1.0})", RopeScaling::kYarn,
       1e4f, 4, 128, 1},
      {R"(,"rope_parameters":{"rope_type":"yarn","original_max_position_embeddings":32})", RopeScaling::kYarn, 1e4f, 4,
       32, yarn4},
      {R"(,"rope_scaling":{"rope_type":"llama3","factor":8,"low_freq_factor":1,)"
       R"("high_freq_factor":4,"original_max_position_embeddings":64})",
       RopeScaling::kLlama3, 1e4f, 8, 64, 0},
  };
  for (const auto& c : cases) {
    const auto got = Config(c.keys);
    ASSERT_TRUE(got) << c.keys << got.error().message;
    EXPECT_EQ(got->config.rope_scaling, c.kind) << c.keys;
    EXPECT_EQ(got->config.rope_theta, c.theta) << c.keys;
    EXPECT_EQ(got->config.rope_factor, c.factor) << c.keys;
    if (c.original != 0) {
      EXPECT_EQ(got->config.rope_original_context, c.original) << c.keys;
    }
    EXPECT_FLOAT_EQ(got->config.yarn_attention_factor, c.attention) << c.keys;
  }
}

TEST(HfConfig, WhatCannotBeRunIsRefusedByName) {
  const struct {
    const char* keys;
    Code code;
    const char* words;
  } cases[] = {
      {R"(,"hidden_act":"gelu")", Code::kUnsupported, "gelu"},
      {R"(,"attention_bias":true)", Code::kUnsupported, "attention_bias"},
      {R"(,"mlp_bias":true)", Code::kUnsupported, "mlp_bias"},
      {R"(,"quantization_config":{"quant_method":"awq"})", Code::kUnsupported, "awq"},
      {R"(,"use_sliding_window":true,"sliding_window":64,"max_window_layers":1)", Code::kUnsupported, "sliding window"},
      {R"(,"use_sliding_window":true,"sliding_window":64,"layer_types":["full_attention","sliding_attention"])",
       Code::kUnsupported, "sliding"},
      {R"(,"rope_scaling":{"rope_type":"longrope","factor":2})", Code::kUnsupported, "longrope"},
      {R"(,"partial_rotary_factor":0.5)", Code::kUnsupported, "partial_rotary_factor"},
      {R"(,"rope_scaling":{"rope_type":"linear"})", Code::kCorrupt, "'factor' is missing"},
      {R"(,"rope_scaling":{"rope_type":"linear","factor":0})", Code::kCorrupt, "factor"},
      {R"(,"rope_theta":0)", Code::kCorrupt, "theta"},
      {R"(,"head_dim":15)", Code::kCorrupt, "even"},
      {R"(,"head_dim":0)", Code::kCorrupt, "head size"},
      {R"(,"head_dim":-1)", Code::kCorrupt, "head_dim"},
      {R"(,"head_dim":"16")", Code::kCorrupt, "head_dim"},
      {R"(,"tie_word_embeddings":"yes")", Code::kCorrupt, "tie_word_embeddings"},
      {R"(,"eos_token_id":"</s>")", Code::kCorrupt, "eos_token_id"},
  };
  for (const auto& c : cases) {
    const auto got = Config(c.keys);
    ASSERT_FALSE(got) << c.keys;
    EXPECT_EQ(got.error().code, c.code) << got.error().message;
    EXPECT_NE(got.error().message.find(c.words), std::string::npos) << got.error().message;
    EXPECT_EQ(got.error().message.find("config.json: "), 0u) << got.error().message;
  }
  // Full attention everywhere, and biases where the architecture has them, are fine.
  EXPECT_TRUE(Config(R"(,"use_sliding_window":true,"sliding_window":64,"max_window_layers":28)"));
  const struct {
    const char* json;
    const char* words;
  } whole[] = {
      {"", "JSON"},
      {"[]", "JSON"},
      {"{", "JSON"},
      {"{}", "model_type"},
      {R"({"model_type":"gpt2"})", "'gpt2' cannot be run"},
      {R"({"model_type":"llama"})", "num_hidden_layers"},
      {R"({"model_type":"llama","num_hidden_layers":4000000000,"hidden_size":64,)"
       R"("intermediate_size":96,"num_attention_heads":4,"vocab_size":9})",
       "number of layers"},
      {R"({"model_type":"llama","num_hidden_layers":1,"hidden_size":64,)"
       R"("intermediate_size":96,"num_attention_heads":0,"vocab_size":9})",
       "is 0"},
      {R"({"model_type":"llama","num_hidden_layers":1,"hidden_size":64,"intermediate_size":96,)"
       R"("num_attention_heads":4,"num_key_value_heads":3,"vocab_size":9})",
       "evenly"},
  };
  for (const auto& c : whole) {
    const auto got = ParseHfConfig(c.json, "config.json", "", "");
    ASSERT_FALSE(got) << c.json;
    EXPECT_NE(got.error().message.find(c.words), std::string::npos) << got.error().message;
  }
}

TEST(HfConfig, ChatTemplates) {
  EXPECT_EQ(*ChatTemplateOf(R"({"chat_template":"{{ a }}"})", "f"), "{{ a }}");
  EXPECT_EQ(*ChatTemplateOf(
                R"({"chat_template":[{"name":"tool_use","template":"t"},{"name":"default","template":"d"}]})", "f"),
            "d");
  EXPECT_EQ(*ChatTemplateOf(R"({"chat_template":[{"name":"tool_use","template":"t"}]})", "f"), "t");
  EXPECT_EQ(*ChatTemplateOf(R"({"chat_template":null})", "f"), "");
  EXPECT_EQ(*ChatTemplateOf("{}", "f"), "");
  EXPECT_FALSE(ChatTemplateOf(R"({"chat_template":7})", "f"));
  EXPECT_FALSE(ChatTemplateOf(R"({"chat_template":[7]})", "f"));
}

TEST(HfConfig, PoolingInBothStyles) {
  const struct {
    const char* json;
    TextPooling pooling;
  } cases[] = {
      {"{}", TextPooling::kUnsaid},
      {R"({"word_embedding_dimension":8,"pooling_mode_cls_token":false,"pooling_mode_lasttoken":true})",
       TextPooling::kLast},
      {R"({"pooling_mode_mean_tokens":true,"include_prompt":true})", TextPooling::kMean},
      {R"({"pooling_mode_mean_tokens":true,"pooling_mode_max_tokens":true})", TextPooling::kOther},
      {R"({"pooling_mode_cls_token":true})", TextPooling::kOther},
      {R"({"pooling_mode":"lasttoken"})", TextPooling::kLast},
      {R"({"pooling_mode":"mean"})", TextPooling::kMean},
      {R"({"pooling_mode":"weightedmean"})", TextPooling::kOther},
  };
  for (const auto& c : cases) EXPECT_EQ(*ParsePooling(c.json, "f"), c.pooling) << c.json;
  EXPECT_EQ(ParsePooling("[", "f").error().code, Code::kCorrupt);
}

TEST(HfConfig, TensorNames) {
  const struct {
    const char *hf, *canonical;
  } cases[] = {
      {"model.embed_tokens.weight", "token_embd.weight"},
      {"lm_head.weight", "output.weight"},
      {"model.norm.weight", "output_norm.weight"},
      {"model.layers.0.input_layernorm.weight", "blk.0.attn_norm.weight"},
      {"model.layers.12.self_attn.q_proj.bias", "blk.12.attn_q.bias"},
      {"model.layers.12.self_attn.q_norm.weight", "blk.12.attn_q_norm.weight"},
      {"layers.3.mlp.down_proj.weight", "blk.3.ffn_down.weight"},
      {"model.layers.3.self_attn.rotary_emb.inv_freq", ""},
      {"model.layers.03.mlp.down_proj.weight", ""},
      {"model.layers..mlp.down_proj.weight", ""},
      {"model.layers.1x.mlp.down_proj.weight", ""},
      {"model.layers.3", ""},
      {"model.layers.", ""},
      {"vision.layers.0.mlp.up_proj.weight", ""},
      {"", ""},
  };
  for (const auto& c : cases) EXPECT_EQ(CanonicalName(c.hf), c.canonical) << c.hf;
}

TEST(Checkpoint, EveryGoldenModelOpensWithAllItsTensors) {
  int models = 0;
  for (const auto& entry : fs::directory_iterator(YUN_SOURCE_DIR "/tests/golden/models")) {
    if (!entry.is_directory() && entry.path().extension() != ".gguf") continue;
    ++models;
    const auto checkpoint = Checkpoint::Open(entry.path());
    ASSERT_TRUE(checkpoint) << checkpoint.error().message;
    const auto config = (*checkpoint)->Config();
    ASSERT_TRUE(config) << config.error().message;
    EXPECT_TRUE((*checkpoint)->has_weights());
    EXPECT_EQ(config->rope_interleaved, config->architecture == "llama" && entry.path().extension() == ".gguf")
        << entry.path();
    std::uint64_t bytes = 0;
    for (const TensorNeed& need : TensorsOf(*config)) {
      const auto tensor = (*checkpoint)->Tensor(need.name);
      ASSERT_TRUE(tensor) << entry.path() << ": " << tensor.error().message;
      EXPECT_EQ(tensor->shape, need.shape) << entry.path() << " " << need.name;
      bytes += tensor->bytes.size();
      (*checkpoint)->Release(*tensor);
    }
    EXPECT_LE(bytes, (*checkpoint)->weight_bytes());
    EXPECT_FALSE((*checkpoint)->Tensors().empty());
    EXPECT_FALSE((*checkpoint)->Metadata().empty());
    EXPECT_EQ((*checkpoint)->Tensor("blk.99.attn_q.weight").error().code, Code::kNotFound);
  }
  EXPECT_GE(models, 10);
}

class CheckpointFiles : public testing::Test {
 protected:
  CheckpointFiles() : folder_(fs::temp_directory_path() / ("yun_checkpoint_test." + std::to_string(::getpid()))) {
    fs::create_directories(folder_);
  }
  ~CheckpointFiles() override { fs::remove_all(folder_); }
  void Put(const char* name, std::string_view text) { std::ofstream(folder_ / name, std::ios::binary) << text; }
  fs::path folder_;
};

TEST_F(CheckpointFiles, FoldersOfManyKinds) {
  EXPECT_EQ(Checkpoint::Open(folder_ / "nothing").error().code, Code::kNotFound);
  EXPECT_EQ(Checkpoint::Open(folder_).error().code, Code::kNotFound);
  Put("tokenizer.json", "{}");
  Put("tokenizer_config.json", R"({"chat_template":"from config"})");
  auto tokenizer_only = Checkpoint::Open(folder_);
  ASSERT_TRUE(tokenizer_only) << tokenizer_only.error().message;
  EXPECT_FALSE((*tokenizer_only)->has_weights());
  EXPECT_EQ((*tokenizer_only)->ChatTemplate(), "from config");
  EXPECT_EQ((*tokenizer_only)->Tokenizer()->tokenizer_json, "{}");
  EXPECT_EQ((*tokenizer_only)->Config().error().code, Code::kNotFound);
  EXPECT_EQ((*tokenizer_only)->Pooling(), TextPooling::kUnsaid);
  fs::create_directory(folder_ / "1_Pooling");
  Put("1_Pooling/config.json", R"({"pooling_mode":"lasttoken"})");
  EXPECT_EQ((*Checkpoint::Open(folder_))->Pooling(), TextPooling::kLast);
  Put("1_Pooling/config.json", "{");
  EXPECT_EQ(Checkpoint::Open(folder_).error().code, Code::kCorrupt);
  fs::remove_all(folder_ / "1_Pooling");
  Put("chat_template.jinja", "from file");
  EXPECT_EQ((*Checkpoint::Open(folder_))->ChatTemplate(), "from file");
  Put("config.json", std::string(kMaxConfigBytes + 1, ' '));
  EXPECT_EQ(Checkpoint::Open(folder_).error().code, Code::kTooLarge);
  Put("config.json", "{}");
  Put("a.gguf", "GGUF");
  EXPECT_NE(Checkpoint::Open(folder_).error().message.find("a.gguf"), std::string::npos);
  Put("b.gguf", "GGUF");
  const auto several = Checkpoint::Open(folder_);
  ASSERT_FALSE(several);
  EXPECT_NE(several.error().message.find("several GGUF models"), std::string::npos) << several.error().message;
  Put("model.safetensors", "");
  EXPECT_EQ(Checkpoint::Open(folder_).error().code, Code::kCorrupt);
  EXPECT_EQ(Checkpoint::Open(folder_ / "model.safetensors").error().code, Code::kInvalidArgument);
}

/// Writes a GGUF file of metadata alone, and reads its configuration.
struct GgufKeys {
  explicit GgufKeys(std::string_view architecture) {
    writer.AddString("general.architecture", architecture);
    const std::string a = std::string(architecture) + ".";
    for (const auto& [key, value] : {std::pair<const char*, std::uint32_t>{"block_count", 2},
                                     {"context_length", 128},
                                     {"embedding_length", 64},
                                     {"feed_forward_length", 96},
                                     {"attention.head_count", 4},
                                     {"attention.head_count_kv", 2},
                                     {"vocab_size", 256}})
      writer.AddUint32(a + key, value);
  }
  Result<ModelConfig> Read(const fs::path& path) {
    if (auto status = writer.Begin(path, true); !status) return tl::unexpected<Error>(status.error());
    if (auto status = writer.Finish(); !status) return tl::unexpected<Error>(status.error());
    auto checkpoint = Checkpoint::Open(path);
    if (!checkpoint) return tl::unexpected<Error>(checkpoint.error());
    return (*checkpoint)->Config();
  }
  gguf::Writer writer;
};

TEST_F(CheckpointFiles, GgufKeysBecomeTheConfiguration) {
  const fs::path path = folder_ / "m.gguf";
  {
    GgufKeys keys("llama");
    keys.writer.AddFloat("llama.rope.freq_base", 1e5f);
    keys.writer.AddUint32("tokenizer.ggml.eos_token_id", 2);
    keys.writer.AddUint32("tokenizer.ggml.bos_token_id", 0xffffffffu);
    const std::vector<std::string> tokens = {"<|endoftext|>", "a", "<|im_end|>", "<|eot_id|>"};
    const std::vector<std::int32_t> types = {3, 1, 3, 1};
    keys.writer.AddStrings("tokenizer.ggml.tokens", tokens);
    keys.writer.AddInts("tokenizer.ggml.token_type", types);
    const auto c = keys.Read(path);
    ASSERT_TRUE(c) << c.error().message;
    EXPECT_TRUE(c->rope_interleaved);
    EXPECT_EQ(c->rope_theta, 1e5f);
    EXPECT_EQ(c->head_dim, 16u);
    EXPECT_EQ(c->bos_id, -1);
    EXPECT_EQ(c->eos_ids, (std::vector<std::int32_t>{2, 0}));  // <|eot_id|> is ordinary text here
  }
  {
    GgufKeys keys("qwen3");
    keys.writer.AddUint32("qwen3.attention.key_length", 32);
    keys.writer.AddUint32("qwen3.attention.value_length", 32);
    keys.writer.AddString("qwen3.rope.scaling.type", "yarn");
    keys.writer.AddFloat("qwen3.rope.scaling.factor", 4.f);
    keys.writer.AddUint32("qwen3.rope.scaling.original_context_length", 32);
    const auto c = keys.Read(path);
    ASSERT_TRUE(c) << c.error().message;
    EXPECT_FALSE(c->rope_interleaved);
    EXPECT_TRUE(c->qk_norm);
    EXPECT_EQ(c->head_dim, 32u);
    EXPECT_EQ(c->rope_scaling, RopeScaling::kYarn);
    EXPECT_FLOAT_EQ(c->yarn_attention_factor, 0.1f * std::log(4.f) + 1.f);
  }
  for (const auto& [type, pooling] : {std::pair{0u, TextPooling::kUnsaid}, {1u, TextPooling::kMean},
                                      {2u, TextPooling::kOther}, {3u, TextPooling::kLast}, {4u, TextPooling::kOther}}) {
    GgufKeys keys("qwen3");
    keys.writer.AddUint32("qwen3.pooling_type", type);
    ASSERT_TRUE(keys.Read(path));
    EXPECT_EQ((*Checkpoint::Open(path))->Pooling(), pooling) << type;
  }
  const struct {
    const char *key, *text;
    std::uint32_t number;
    Code code;
    const char* words;
  } cases[] = {
      {"qwen2.block_count", nullptr, 0, Code::kCorrupt, "number of layers"},
      {"qwen2.block_count", nullptr, 4000000000u, Code::kCorrupt, "number of layers"},
      {"qwen2.attention.head_count", nullptr, 0, Code::kCorrupt, "number of heads"},
      {"qwen2.attention.head_count", "four", 0, Code::kCorrupt, "head_count' is four"},
      {"qwen2.expert_count", nullptr, 8, Code::kUnsupported, "mixture of 8 experts"},
      {"qwen2.rope.scaling.type", "longrope", 0, Code::kUnsupported, "longrope"},
      {"qwen2.attention.value_length", nullptr, 8, Code::kUnsupported, "values of 8"},
      {"general.architecture", "gemma", 0, Code::kUnsupported, "'gemma' cannot be run"},
  };
  for (const auto& c : cases) {
    GgufKeys keys("qwen2");
    if (c.text)
      keys.writer.AddString(c.key, c.text);
    else
      keys.writer.AddUint32(c.key, c.number);
    const auto got = keys.Read(path);
    ASSERT_FALSE(got) << c.key;
    EXPECT_EQ(got.error().code, c.code) << got.error().message;
    EXPECT_NE(got.error().message.find(c.words), std::string::npos) << got.error().message;
    EXPECT_NE(got.error().message.find("m.gguf"), std::string::npos) << got.error().message;
  }
}

}  // namespace
}  // namespace yun
