// Adapters on disk: what is read, and what is refused by name.
#include "formats/checkpoint/adapter_file.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstring>

#include "formats/checkpoint/random_adapter.h"
#include "formats/checkpoint/random_checkpoint.h"

namespace yun {
namespace {
namespace fs = std::filesystem;

class AdapterFileTest : public testing::Test {
 protected:
  AdapterFileTest() : folder_(fs::temp_directory_path() / ("yun_adapter_test." + std::to_string(::getpid()))) {
    fs::create_directories(folder_);
  }
  ~AdapterFileTest() override { fs::remove_all(folder_); }

  Result<AdapterFile> Peft(const RandomAdapter& adapter, std::string_view config) {
    bytes_ = SafetensorsOf(adapter);
    auto model = safetensors::Model::Parse(std::as_bytes(std::span(bytes_)), "test");
    EXPECT_TRUE(model) << model.error().message;
    return AdapterFile::OfPeft(config, std::move(*model), "test");
  }

  fs::path folder_;
  std::string bytes_;
};

const AdapterProduct* Find(const AdapterFile& file, std::string_view matrix) {
  for (const AdapterProduct& product : file.products())
    if (product.matrix == matrix) return &product;
  return nullptr;
}

TEST_F(AdapterFileTest, BothContainersHoldTheSame) {
  const RandomAdapter adapter = MakeRandomAdapter(TinyConfig(64, 64), 4, 1);
  WritePeft(adapter, folder_ / "peft");
  WriteGguf(adapter, folder_ / "a.gguf", "qwen3", 0);
  for (const char* name : {"peft", "a.gguf"}) {
    const auto file = AdapterFile::Open(folder_ / name);
    ASSERT_TRUE(file) << file.error().message;
    ASSERT_EQ(file->products().size(), adapter.products.size());
    for (const auto& expected : adapter.products) {
      const AdapterProduct* product = Find(*file, expected.matrix);
      ASSERT_TRUE(product) << expected.matrix;
      EXPECT_EQ(product->scale, 2.f);
      EXPECT_EQ(product->a.shape, (std::vector<std::uint64_t>{4, expected.in}));
      EXPECT_EQ(product->b.shape, (std::vector<std::uint64_t>{expected.out, 4}));
      EXPECT_EQ(std::memcmp(product->b.bytes.data(), expected.b.data(), product->b.bytes.size()), 0);
    }
  }
}

TEST_F(AdapterFileTest, Scales) {
  RandomAdapter adapter = MakeRandomAdapter(TinyConfig(64, 64), 4, 1, {"attn_q", "attn_v"});
  adapter.alpha = 12;
  struct Case {
    const char* more;
    float q, v;
  };
  for (const Case& c : {Case{"", 3, 3}, Case{R"(, "alpha_pattern": {"q_proj": 4})", 1, 3},
                        Case{R"(, "alpha_pattern": {"layers.0.self_attn.v_proj": 4})", 3, 1},
                        Case{R"(, "alpha_pattern": {"^model.layers.0.self_attn.v_proj": 4})", 3, 1},
                        Case{R"(, "alpha_pattern": {"^self_attn.v_proj": 4})", 3, 3},
                        Case{R"(, "alpha_pattern": {"_proj": 4})", 3, 3},
                        Case{R"(, "rank_pattern": {"q_proj": 4, "v_proj": 4})", 3, 3}}) {
    const auto file = Peft(adapter, PeftConfigOf(adapter, c.more));
    ASSERT_TRUE(file) << c.more << file.error().message;
    EXPECT_EQ(Find(*file, "blk.0.attn_q.weight")->scale, c.q) << c.more;
    EXPECT_EQ(Find(*file, "blk.0.attn_v.weight")->scale, c.v) << c.more;
  }
  const auto file = Peft(adapter, R"({"r": 4, "lora_alpha": 12, "use_rslora": true})");
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_EQ(Find(*file, "blk.0.attn_q.weight")->scale, 6.f);
}

TEST_F(AdapterFileTest, WhatIsRefusedIsNamed) {
  const RandomAdapter good = MakeRandomAdapter(TinyConfig(64, 64), 4, 1, {"attn_q"});
  struct Case {
    const char* json;
    Code code;
    const char* word;
  };
  for (const Case& c : {Case{R"({"r": 4, "use_dora": true})", Code::kUnsupported, "use_dora"},
                        Case{R"({"r": 4, "bias": "all"})", Code::kUnsupported, "bias 'all'"},
                        Case{R"({"r": 4, "modules_to_save": ["lm_head"]})", Code::kUnsupported, "modules_to_save"},
                        Case{R"({"r": 4, "fan_in_fan_out": true})", Code::kUnsupported, "fan_in_fan_out"},
                        Case{R"({"r": 4, "peft_type": "IA3"})", Code::kUnsupported, "IA3"},
                        Case{R"({"r": 4, "init_lora_weights": "pissa_niter_4"})", Code::kUnsupported, "pissa"},
                        Case{R"({"r": 4, "alpha_pattern": {".*q.*": 3}})", Code::kUnsupported, "regular expression"},
                        Case{R"({"r": 4, "lora_alpha": "much"})", Code::kCorrupt, "lora_alpha"},
                        Case{R"({"r": 5})", Code::kCorrupt, "its rank in adapter_config.json is 5"},
                        Case{R"({"r": 4, "lora_alpha": 1e30})", Code::kCorrupt, "scale"},
                        Case{"[]", Code::kCorrupt, "not a JSON object"}, Case{"", Code::kCorrupt, "JSON"}}) {
    const auto file = Peft(good, c.json);
    ASSERT_FALSE(file) << c.json;
    EXPECT_EQ(file.error().code, c.code) << file.error().message;
    EXPECT_NE(file.error().message.find(c.word), std::string::npos) << file.error().message;
  }
  const auto refused = [&](auto change, const char* word) {
    RandomAdapter adapter = good;
    change(adapter);
    const auto file = Peft(adapter, R"({"r": 4})");
    ASSERT_FALSE(file) << word;
    EXPECT_NE(file.error().message.find(word), std::string::npos) << file.error().message;
  };
  refused([](auto& a) { a.products[0].module = "lm_head"; }, "tensor 'base_model.model.lm_head.lora_A.weight'");
  refused([](auto& a) { a.products[0].module = "model.layers.0.self_attn.q_norm"; }, "q_norm");
  refused([](auto& a) { a.products[0].module = "model.layers.0.mlp.experts.0.up_proj"; }, "experts");
  refused([](auto& a) { a.products.clear(); }, "no tensors");
  refused(
      [](auto& a) {
        a.products.push_back(a.products[0]);
        a.products[1].module = a.products[1].module.substr(6);  // without "model."
      },
      "stand for the same");
}

TEST_F(AdapterFileTest, HalvesThatDoNotFit) {
  RandomAdapter adapter = MakeRandomAdapter(TinyConfig(64, 64), 4, 1, {"attn_q"});
  std::string bytes = SafetensorsOf(adapter);
  const std::size_t at = bytes.find("lora_B");
  bytes.replace(at, 6, "lora_A");  // two of one name
  EXPECT_FALSE(safetensors::Model::Parse(std::as_bytes(std::span(bytes)), "test"));
  bytes = SafetensorsOf(adapter);
  bytes.replace(bytes.find("lora_B"), 6, "lora_C");
  auto model = safetensors::Model::Parse(std::as_bytes(std::span(bytes)), "test");
  ASSERT_TRUE(model);
  auto file = AdapterFile::OfPeft(R"({"r": 4})", std::move(*model), "test");
  ASSERT_FALSE(file);
  EXPECT_NE(file.error().message.find("lora_C"), std::string::npos) << file.error().message;

  bytes = SafetensorsOf(adapter);
  bytes.replace(bytes.find("[32,4]"), 6, "[64,2]");
  model = safetensors::Model::Parse(std::as_bytes(std::span(bytes)), "test");
  ASSERT_TRUE(model);
  file = AdapterFile::OfPeft(R"({"r": 4})", std::move(*model), "test");
  ASSERT_FALSE(file);
  EXPECT_EQ(file.error().code, Code::kInvalidArgument);
  for (const char* shape : {"[4, 32]", "[64, 2]"})
    EXPECT_NE(file.error().message.find(shape), std::string::npos) << file.error().message;
}

TEST_F(AdapterFileTest, OtherGgufFiles) {
  const auto model = AdapterFile::Open(YUN_SOURCE_DIR "/tests/golden/models/qwen2.gguf");
  ASSERT_FALSE(model);
  EXPECT_EQ(model.error().code, Code::kInvalidArgument);
  EXPECT_NE(model.error().message.find("no adapter"), std::string::npos) << model.error().message;
  EXPECT_EQ(AdapterFile::Open(folder_ / "none").error().code, Code::kNotFound);
  EXPECT_EQ(AdapterFile::Open(folder_).error().code, Code::kNotFound);
}

TEST(AdapterPlace, Names) {
  const auto place = AdapterPlaceOf("blk.12.ffn_down.weight");
  ASSERT_TRUE(place);
  EXPECT_EQ(place->layer, 12u);
  EXPECT_EQ(kAdapterParts[place->part], "ffn_down");
  for (const char* name : {"", "blk.", "blk.1", "blk.1.weight", "blk..attn_q.weight", "blk.-1.attn_q.weight",
                           "blk.01.attn_q.weight", "blk.1.attn_q.bias", "blk.1.attn_norm.weight", "output.weight",
                           "blk.99999999999.attn_q.weight", "blk.1attn_q.weight", "blk.weight", "blk.1.attn_qweight"})
    EXPECT_FALSE(AdapterPlaceOf(name)) << name;
}

}  // namespace
}  // namespace yun
