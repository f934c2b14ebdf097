#include "engine/model/adapter.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

#include "engine/kernels/pack.h"
#include "formats/quant/dequantize.h"

namespace yun::engine {
namespace {

using kernels::kPanelRows;

struct Sizes {
  std::uint64_t out, in;
};
Sizes SizesOf(const ModelConfig& c, std::size_t part) {
  const std::uint64_t q = std::uint64_t{c.heads} * c.head_dim, kv = std::uint64_t{c.kv_heads} * c.head_dim;
  switch (static_cast<AdapterPart>(part)) {
    case AdapterPart::kQ: return {q, c.hidden};
    case AdapterPart::kK:
    case AdapterPart::kV: return {kv, c.hidden};
    case AdapterPart::kOut: return {c.hidden, q};
    case AdapterPart::kGate:
    case AdapterPart::kUp: return {c.ffn, c.hidden};
    default: return {c.hidden, c.ffn};
  }
}

tl::unexpected<Error> Misfit(const AdapterFile& file, const std::string& tensor, const TensorView& view,
                             const std::string& matrix, const Sizes& sizes) {
  return Fail(Code::kInvalidArgument,
              "{}: tensor '{}' has shape [{}, {}], which does not fit {} of this model with its shape [{}, {}]: the "
              "adapter was made for another one",
              file.name(), tensor, view.shape[0], view.shape[1], matrix, sizes.out, sizes.in);
}

/// source: SplitMix64, Steele et al. 2014
std::uint64_t Mix(std::uint64_t z) {
  z += 0x9e3779b97f4a7c15;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
  z = (z ^ z >> 27) * 0x94d049bb133111eb;
  return z ^ z >> 31;
}

/// Rows of a tensor as scaled floats into a packed matrix, from panel `first` on.
class Packer {
 public:
  Packer(const AdapterFile& file, std::uint64_t& digest) : file_(file), digest_(digest) {}

  /// interleaved: not 0: rows of so many are a head's in pairs (2i, 2i+1); they come to (i, i + d/2)
  Status Pack(const TensorView& view, const std::string& name, float scale, std::uint32_t interleaved,
              const kernels::PackedMatrix& matrix, std::uint32_t first, std::uint8_t* out) {
    const std::uint64_t rows = view.shape[0], cols = view.shape[1];
    const std::size_t row_bytes = quant::RowBytes(view.type, cols);
    floats_.resize(kPanelRows * cols);
    for (std::uint64_t begin = 0; begin < rows; begin += kPanelRows) {
      const std::byte* panel[kPanelRows] = {};
      for (std::uint64_t r = 0; r < std::min<std::uint64_t>(kPanelRows, rows - begin); ++r) {
        std::uint64_t row = begin + r;
        if (const std::uint64_t d = interleaved) {
          const std::uint64_t in_head = row % d;
          row = row - in_head + (in_head < d / 2 ? 2 * in_head : 2 * (in_head - d / 2) + 1);
        }
        float* values = floats_.data() + r * cols;
        quant::DequantizeRow(view.type, view.bytes.data() + row * row_bytes, values, cols);
        for (std::uint64_t i = 0; i < cols; ++i) {
          if (!std::isfinite(values[i]))
            return Fail(Code::kCorrupt, "{}: tensor '{}': element [{}, {}] is no finite number", file_.name(), name,
                        row, i);
          values[i] *= scale;
        }
        panel[r] = reinterpret_cast<const std::byte*>(values);
      }
      std::uint8_t* at = out + (first + begin / kPanelRows) * matrix.panel_bytes;
      kernels::PackPanel(matrix, quant::Type::kF32, panel, at);
      for (std::uint64_t i = 0; i + 8 <= matrix.panel_bytes; i += 8) {
        std::uint64_t word;
        std::memcpy(&word, at + i, sizeof word);
        digest_ = Mix(digest_ ^ word);
      }
    }
    return {};
  }

 private:
  const AdapterFile& file_;
  std::uint64_t& digest_;
  std::vector<float> floats_;
};

}  // namespace

std::pair<std::size_t, std::size_t> PartsOf(AdapterInput input) {
  constexpr std::pair<std::size_t, std::size_t> kParts[] = {{0, 3}, {3, 4}, {4, 6}, {6, 7}};
  return kParts[static_cast<std::size_t>(input)];
}

Result<std::unique_ptr<Adapter>> Adapter::Create(const AdapterFile& file, const ModelConfig& c, bool f32,
                                                 const Reserve& reserve) {
  if (!file.architecture().empty() && file.architecture() != c.architecture)
    return Fail(Code::kInvalidArgument, "{}: the adapter was made for a model of architecture '{}'; this is a '{}'",
                file.name(), file.architecture().substr(0, 60), c.architecture);
  std::vector<const AdapterProduct*> products(std::size_t{c.layers} * kAdapterPartCount);
  for (const AdapterProduct& product : file.products()) {
    const AdapterPlace& place = product.place;
    if (place.layer >= c.layers)
      return Fail(Code::kInvalidArgument,
                  "{}: tensor '{}' is for layer {}, but this model has {}: the adapter was made for another one",
                  file.name(), product.a_name, place.layer, c.layers);
    const Sizes sizes = SizesOf(c, place.part);
    if (product.a.shape[1] != sizes.in) return Misfit(file, product.a_name, product.a, product.matrix, sizes);
    if (product.b.shape[0] != sizes.out) return Misfit(file, product.b_name, product.b, product.matrix, sizes);
    products[place.layer * kAdapterPartCount + place.part] = &product;
  }

  auto adapter = std::make_unique<Adapter>();
  const kernels::Packing packing = f32 ? kernels::Packing::kF32 : kernels::Packing::kBF16;
  adapter->layers_.resize(c.layers);
  std::uint64_t bytes = 0;
  for (std::uint32_t l = 0; l < c.layers; ++l)
    for (std::size_t input = 0; input < kAdapterInputCount; ++input) {
      Layer& layer = adapter->layers_[l];
      const auto [begin, end] = PartsOf(static_cast<AdapterInput>(input));
      std::uint32_t column = 0;
      for (std::size_t part = begin; part < end; ++part) {
        const AdapterProduct* product = products[l * kAdapterPartCount + part];
        if (!product) continue;
        const auto rank = static_cast<std::uint32_t>(product->a.shape[0]);
        layer.parts[part].b = kernels::PackedShape(packing, static_cast<std::uint32_t>(SizesOf(c, part).out), rank);
        layer.parts[part].column = column;
        bytes += kernels::PackedBytes(layer.parts[part].b);
        column += (rank + kPanelRows - 1) / kPanelRows * kPanelRows;
        adapter->rank_max_ = std::max(adapter->rank_max_, rank);
      }
      if (column == 0) continue;
      layer.a[input] = kernels::PackedShape(packing, column, static_cast<std::uint32_t>(SizesOf(c, begin).in));
      bytes += kernels::PackedBytes(layer.a[input]);
      adapter->low_columns_ = std::max(adapter->low_columns_, column);
    }

  if (reserve) {
    ASSIGN_OR_RETURN(adapter->room_, reserve(bytes));
  }
  adapter->data_.resize(bytes);
  std::uint8_t* at = adapter->data_.data();
  Packer packer(file, adapter->digest_);
  const auto place = [&](kernels::PackedMatrix& matrix) {
    matrix.data = at;
    at += kernels::PackedBytes(matrix);
    return at - kernels::PackedBytes(matrix);
  };
  for (std::uint32_t l = 0; l < c.layers; ++l)
    for (std::size_t input = 0; input < kAdapterInputCount; ++input) {
      Layer& layer = adapter->layers_[l];
      if (layer.a[input].panels == 0) continue;
      std::uint8_t* a = place(layer.a[input]);
      const auto [begin, end] = PartsOf(static_cast<AdapterInput>(input));
      for (std::size_t i = begin; i < end; ++i) {
        Part& part = layer.parts[i];
        const AdapterProduct* product = products[l * kAdapterPartCount + i];
        if (!product) continue;
        adapter->digest_ = Mix(adapter->digest_ ^ (std::uint64_t{l} << 32 | i << 16 | part.rank()));
        const std::uint32_t paired = i < 2 && file.rope_interleaved() ? c.head_dim : 0;
        RETURN_IF_ERROR(packer.Pack(product->a, product->a_name, 1, 0, layer.a[input], part.column / kPanelRows, a));
        RETURN_IF_ERROR(packer.Pack(product->b, product->b_name, product->scale, paired, part.b, 0, place(part.b)));
      }
    }
  return adapter;
}

}  // namespace yun::engine
