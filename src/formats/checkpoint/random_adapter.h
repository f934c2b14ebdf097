// Adapters with random weights, in both of their containers. Included by tests alone.
#pragma once
#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include "formats/checkpoint/adapter_file.h"
#include "formats/gguf/writer.h"

namespace yun {

struct RandomAdapter {
  struct Product {
    std::string matrix, module;  // canonical and in transformers
    std::uint32_t rank, in, out;
    std::vector<float> a, b;  // [rank, in], [out, rank]
  };
  double alpha = 16;
  std::uint32_t rank = 8;
  std::vector<Product> products;
};

/// Of every matrix that `wanted` (a list of kAdapterParts) names, in all layers.
inline RandomAdapter MakeRandomAdapter(const ModelConfig& c, std::uint32_t rank, unsigned seed,
                                       std::vector<std::string_view> wanted = {std::begin(kAdapterParts),
                                                                               std::end(kAdapterParts)}) {
  static constexpr const char* kModules[] = {"self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj",
                                             "self_attn.o_proj", "mlp.gate_proj",    "mlp.up_proj", "mlp.down_proj"};
  const std::uint32_t q = c.heads * c.head_dim, kv = c.kv_heads * c.head_dim;
  const std::uint32_t outs[] = {q, kv, kv, c.hidden, c.ffn, c.ffn, c.hidden};
  const std::uint32_t ins[] = {c.hidden, c.hidden, c.hidden, q, c.hidden, c.hidden, c.ffn};
  std::mt19937 random(seed);
  RandomAdapter adapter;
  adapter.rank = rank;
  adapter.alpha = 2.0 * rank;
  for (std::uint32_t layer = 0; layer < c.layers; ++layer)
    for (std::size_t part = 0; part < std::size(kAdapterParts); ++part) {
      if (std::find(wanted.begin(), wanted.end(), kAdapterParts[part]) == wanted.end()) continue;
      RandomAdapter::Product p{fmt::format("blk.{}.{}.weight", layer, kAdapterParts[part]),
                               fmt::format("model.layers.{}.{}", layer, kModules[part]), rank, ins[part], outs[part],
                               std::vector<float>(std::size_t{rank} * ins[part]),
                               std::vector<float>(std::size_t{rank} * outs[part])};
      for (auto* values : {&p.a, &p.b})
        for (float& value : *values) value = (static_cast<float>(random() >> 8) * 0x1p-23f - 1.f) * 0.1f;
      adapter.products.push_back(std::move(p));
    }
  return adapter;
}

inline std::string PeftConfigOf(const RandomAdapter& adapter, std::string_view more = "") {
  return fmt::format(R"({{"peft_type": "LORA", "r": {}, "lora_alpha": {}, "bias": "none", "use_rslora": false,
                         "use_dora": false, "modules_to_save": null, "fan_in_fan_out": false{}}})",
                     adapter.rank, adapter.alpha, more);
}

/// A .safetensors file of f32 tensors, with PEFT's names.
inline std::string SafetensorsOf(const RandomAdapter& adapter) {
  std::string header = "{", data;
  const auto add = [&](const std::string& name, std::uint32_t rows, std::uint32_t cols, const std::vector<float>& v) {
    const std::size_t begin = data.size();
    data.append(reinterpret_cast<const char*>(v.data()), v.size() * sizeof(float));
    header += fmt::format(R"({}"{}":{{"dtype":"F32","shape":[{},{}],"data_offsets":[{},{}]}})",
                          header.size() > 1 ? "," : "", name, rows, cols, begin, data.size());
  };
  for (const auto& p : adapter.products) {
    add(fmt::format("base_model.model.{}.lora_A.weight", p.module), p.rank, p.in, p.a);
    add(fmt::format("base_model.model.{}.lora_B.weight", p.module), p.out, p.rank, p.b);
  }
  header += "}";
  const std::uint64_t size = header.size();
  return std::string(reinterpret_cast<const char*>(&size), 8) + header + data;
}

inline void WritePeft(const RandomAdapter& adapter, const std::filesystem::path& folder, std::string_view more = "") {
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "adapter_config.json") << PeftConfigOf(adapter, more);
  std::ofstream(folder / "adapter_model.safetensors", std::ios::binary) << SafetensorsOf(adapter);
}

/// head_dim: not 0: B's rows of q and k come in pairs, as llama.cpp's converter writes them for its llama.
inline void WriteGguf(const RandomAdapter& adapter, const std::filesystem::path& path, const std::string& architecture,
                      std::uint32_t head_dim) {
  gguf::Writer writer;
  writer.AddString("general.type", "adapter");
  writer.AddString("adapter.type", "lora");
  writer.AddString("general.architecture", architecture);
  writer.AddFloat("adapter.lora.alpha", static_cast<float>(adapter.alpha));
  for (const auto& p : adapter.products) {
    const std::uint64_t a[] = {p.in, p.rank}, b[] = {p.rank, p.out};
    writer.AddTensor(p.matrix + ".lora_a", quant::Type::kF32, a);
    writer.AddTensor(p.matrix + ".lora_b", quant::Type::kF32, b);
  }
  ASSERT_TRUE(writer.Begin(path, true));
  for (const auto& p : adapter.products) {
    std::vector<float> b = p.b;
    const bool paired =
        head_dim && (p.matrix.find("attn_q.") != p.matrix.npos || p.matrix.find("attn_k.") != p.matrix.npos);
    for (std::uint32_t row = 0; paired && row < p.out; ++row) {
      const std::uint32_t in_head = row % head_dim, half = head_dim / 2;
      const std::uint32_t from = row - in_head + in_head / 2 + (in_head % 2 ? half : 0);
      std::copy_n(p.b.begin() + from * p.rank, p.rank, b.begin() + row * p.rank);
    }
    ASSERT_TRUE(writer.Write(std::as_bytes(std::span(p.a))));
    ASSERT_TRUE(writer.Write(std::as_bytes(std::span(b))));
  }
  ASSERT_TRUE(writer.Finish());
}

}  // namespace yun
