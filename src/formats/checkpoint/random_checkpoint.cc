#include "formats/checkpoint/random_checkpoint.h"

#include <functional>
#include <map>
#include <string>
#include <utility>

namespace yun {
namespace {

constexpr float kSpread = 0.2f;  // weights lie in [-kSpread, kSpread): logits stay small and differ

/// SplitMix64 (Steele et al. 2014): equal everywhere, which the standard's distributions are not.
std::uint64_t Next(std::uint64_t& state) {
  std::uint64_t z = state += 0x9e3779b97f4a7c15;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
  z = (z ^ z >> 27) * 0x94d049bb133111eb;
  return z ^ z >> 31;
}

class RandomCheckpoint final : public Checkpoint {
 public:
  RandomCheckpoint(ModelConfig config, std::uint64_t seed) : config_(std::move(config)), needs_(TensorsOf(config_)) {
    for (const TensorNeed& need : needs_) {
      std::uint64_t count = 1;
      for (const std::uint64_t size : need.shape) count *= size;
      std::vector<float>& values = tensors_[need.name];
      values.assign(count, 1.f);  // a norm's weights stay so
      if (need.shape.size() == 1) continue;
      for (float& value : values) value = (static_cast<float>(Next(seed) >> 40) * 0x1p-23f - 1.f) * kSpread;
    }
  }

  bool has_weights() const override { return true; }
  Result<ModelConfig> Config() const override { return config_; }
  Result<TensorView> Tensor(std::string_view canonical_name) const override {
    const auto found = tensors_.find(canonical_name);
    if (found == tensors_.end()) return Fail(Code::kNotFound, "{}: there is no such tensor", canonical_name);
    for (const TensorNeed& need : needs_)
      if (need.name == canonical_name)
        return TensorView{quant::Type::kF32, need.shape, std::as_bytes(std::span(found->second))};
    return Fail(Code::kNotFound, "{}: there is no such tensor", canonical_name);
  }
  void Release(const TensorView&) const override {}
  Result<TokenizerFiles> Tokenizer() const override {
    return Fail(Code::kNotFound, "a made-up model has no tokenizer");
  }
  std::string ChatTemplate() const override { return {}; }

  std::string container() const override { return "random"; }
  std::vector<std::filesystem::path> files() const override { return {}; }
  std::uint64_t weight_bytes() const override {
    std::uint64_t bytes = 0;
    for (const auto& [name, values] : tensors_) bytes += values.size() * sizeof(float);
    return bytes;
  }
  std::vector<MetadataEntry> Metadata() const override { return {}; }
  std::vector<TensorEntry> Tensors() const override { return {}; }

 private:
  const ModelConfig config_;
  const std::vector<TensorNeed> needs_;
  std::map<std::string, std::vector<float>, std::less<>> tensors_;
};

}  // namespace

Result<std::unique_ptr<Checkpoint>> MakeRandomCheckpoint(ModelConfig config, std::uint64_t seed) {
  RETURN_IF_ERROR(Validate(config, "a made-up model"));
  return std::unique_ptr<Checkpoint>(std::make_unique<RandomCheckpoint>(std::move(config), seed));
}

ModelConfig TinyConfig(std::uint32_t vocab, std::uint32_t context) {
  ModelConfig config;
  config.architecture = "qwen3";
  config.layers = 1;
  config.hidden = config.ffn = 32;
  config.heads = 2;
  config.kv_heads = 1;
  config.head_dim = config.rope_dim = 16;
  config.vocab = vocab;
  config.context = context;
  config.tied = config.qk_norm = true;
  return config;
}

}  // namespace yun
