#include "formats/safetensors/safetensors.h"

#include <simdjson.h>

#include <algorithm>
#include <cstring>
#include <map>

namespace yun::safetensors {
namespace {
namespace fs = std::filesystem;
namespace dom = simdjson::dom;

constexpr std::string_view kIndexName = "model.safetensors.index.json";
constexpr std::string_view kSingleName = "model.safetensors";
constexpr std::uint64_t kLengthBytes = 8;

/// Bytes of an element; 0 for a dtype this does not know.
std::uint64_t ElementBytes(std::string_view dtype) {
  static constexpr std::pair<std::string_view, std::uint64_t> kSizes[] = {
      {"F64", 8}, {"I64", 8}, {"U64", 8},     {"F32", 4},     {"I32", 4},     {"U32", 4}, {"F16", 2}, {"BF16", 2},
      {"I16", 2}, {"U16", 2}, {"F8_E4M3", 1}, {"F8_E5M2", 1}, {"F8_E8M0", 1}, {"I8", 1},  {"U8", 1},  {"BOOL", 1}};
  for (const auto& [name, size] : kSizes)
    if (name == dtype) return size;
  return 0;
}

std::optional<quant::Type> TypeOf(std::string_view dtype) {
  if (dtype == "F32") return quant::Type::kF32;
  if (dtype == "F16") return quant::Type::kF16;
  if (dtype == "BF16") return quant::Type::kBF16;
  return std::nullopt;
}

Result<TensorInfo> ReadTensor(std::string_view name, const dom::element& json, std::span<const std::byte> data,
                              std::string_view file) {
  const auto bad = [&](std::string_view what) {
    return Fail(Code::kCorrupt, "{}: tensor '{}': {}", file, name.substr(0, 200), what);
  };
  TensorInfo tensor;
  tensor.name = name;
  std::string_view dtype;
  if (json["dtype"].get(dtype)) return bad("no dtype");
  tensor.dtype = dtype;
  tensor.type = TypeOf(dtype);
  dom::array shape, offsets;
  if (json["shape"].get(shape)) return bad("no shape");
  std::uint64_t items = 1;
  for (const dom::element dimension : shape) {
    std::uint64_t size = 0;
    if (dimension.get(size) || tensor.shape.size() == kMaxDimensions)
      return bad("the shape is not a short list of sizes");
    if (__builtin_mul_overflow(items, size, &items)) return bad("the shape is too large to be true");
    tensor.shape.push_back(size);
  }
  std::uint64_t begin = 0, end = 0;
  if (json["data_offsets"].get(offsets) || offsets.size() != 2 || offsets.at(0).get(begin) || offsets.at(1).get(end))
    return bad("no data_offsets of two numbers");
  if (begin > end || end > data.size())
    return bad(fmt::format("its bytes {} to {} lie outside the {} bytes of data: is the file cut short?", begin, end,
                           data.size()));
  if (const std::uint64_t element = ElementBytes(dtype); element != 0) {
    std::uint64_t bytes = 0;
    if (__builtin_mul_overflow(items, element, &bytes) || bytes != end - begin)
      return bad(fmt::format("its shape and type do not fit its {} bytes", end - begin));
  }
  tensor.data = data.subspan(begin, end - begin);
  return tensor;
}

}  // namespace

Status Model::ParseOne(std::span<const std::byte> bytes, std::string_view name, std::size_t index) {
  if (bytes.size() < kLengthBytes)
    return Fail(Code::kCorrupt, "{}: byte 0: {} bytes are too few for a safetensors file", name, bytes.size());
  std::uint64_t header_bytes = 0;
  std::memcpy(&header_bytes, bytes.data(), sizeof header_bytes);
  if (header_bytes > kMaxHeaderBytes)
    return Fail(Code::kTooLarge,
                "{}: byte 0: a header of {} bytes is over the limit of {} (or this is no safetensors file)", name,
                header_bytes, kMaxHeaderBytes);
  if (header_bytes > bytes.size() - kLengthBytes)
    return Fail(Code::kCorrupt, "{}: byte 0: a header of {} bytes does not fit the file of {}", name, header_bytes,
                bytes.size());
  const auto data = bytes.subspan(kLengthBytes + header_bytes);
  dom::parser parser;
  if (parser.allocate(0, kMaxHeaderDepth)) return Fail(Code::kNoMemory, "{}: no memory for the header", name);
  const simdjson::padded_string text(reinterpret_cast<const char*>(bytes.data()) + kLengthBytes, header_bytes);
  dom::object header;
  if (const auto error = parser.parse(text).get(header))
    return Fail(Code::kCorrupt, "{}: byte {}: the header is not a JSON object: {}", name, kLengthBytes,
                simdjson::error_message(error));
  const std::size_t first = tensors_.size();
  for (const auto& [key, value] : header) {
    if (key == "__metadata__") {
      dom::object entries;
      if (value.get(entries)) return Fail(Code::kCorrupt, "{}: __metadata__ is not an object", name);
      for (const auto& [entry_key, entry_value] : entries) {
        std::string_view words;
        if (entry_value.get(words))
          return Fail(Code::kCorrupt, "{}: __metadata__ '{}' is not a string", name, entry_key.substr(0, 200));
        if (index == 0) metadata_.emplace_back(entry_key, words);
      }
      continue;
    }
    if (tensors_.size() >= kMaxTensors) return Fail(Code::kTooLarge, "{}: more than {} tensors", name, kMaxTensors);
    ASSIGN_OR_RETURN(auto tensor, ReadTensor(key, value, data, name));
    tensor.file = index;
    if (!names_.emplace(tensor.name, tensors_.size()).second)
      return Fail(Code::kCorrupt, "{}: tensor '{}' appears twice", name, key.substr(0, 200));
    tensors_.push_back(std::move(tensor));
  }
  std::vector<const TensorInfo*> order;
  for (std::size_t i = first; i < tensors_.size(); ++i)
    if (!tensors_[i].data.empty()) order.push_back(&tensors_[i]);
  std::sort(order.begin(), order.end(), [](auto* a, auto* b) { return a->data.data() < b->data.data(); });
  for (std::size_t i = 1; i < order.size(); ++i)
    if (order[i - 1]->data.data() + order[i - 1]->data.size() > order[i]->data.data())
      return Fail(Code::kCorrupt, "{}: tensors '{}' and '{}' overlap", name, order[i - 1]->name.substr(0, 200),
                  order[i]->name.substr(0, 200));
  return {};
}

Result<Model> Model::Parse(std::span<const std::byte> bytes, std::string_view name) {
  Model model;
  RETURN_IF_ERROR(model.ParseOne(bytes, name, 0));
  return model;
}

Status Model::OpenIndex(const fs::path& path) {
  ASSIGN_OR_RETURN(const MappedFile index, MappedFile::Open(path));
  const std::string name = path.string();
  if (index.bytes().size() > kMaxIndexBytes)
    return Fail(Code::kTooLarge, "{}: {} bytes are over the limit of {}", name, index.bytes().size(), kMaxIndexBytes);
  const simdjson::padded_string text(reinterpret_cast<const char*>(index.bytes().data()), index.bytes().size());
  dom::parser parser;
  if (parser.allocate(0, kMaxHeaderDepth)) return Fail(Code::kNoMemory, "{}: no memory for the index", name);
  dom::object root, map;
  if (const auto error = parser.parse(text).get(root))
    return Fail(Code::kCorrupt, "{}: not a JSON object: {}", name, simdjson::error_message(error));
  if (root["weight_map"].get(map)) return Fail(Code::kCorrupt, "{}: no weight_map", name);
  std::map<std::string, std::vector<std::string>> shards;
  for (const auto& [tensor, value] : map) {
    std::string_view file;
    if (value.get(file))
      return Fail(Code::kCorrupt, "{}: the shard of '{}' is not a name", name, tensor.substr(0, 200));
    // A shard lies beside its index: a path could lead anywhere.
    if (file.empty() || file.size() > 255 || file[0] == '.' ||
        file.find_first_of(std::string_view("/\\\0", 3)) != file.npos)
      return Fail(Code::kCorrupt, "{}: the shard of '{}' is not a plain file name", name, tensor.substr(0, 200));
    shards[std::string(file)].emplace_back(tensor);
    if (shards.size() > kMaxShards) return Fail(Code::kTooLarge, "{}: more than {} shards", name, kMaxShards);
  }
  if (shards.empty()) return Fail(Code::kCorrupt, "{}: the weight_map is empty", name);
  for (const auto& [file, tensors] : shards) {
    ASSIGN_OR_RETURN(auto shard, MappedFile::Open(path.parent_path() / file));
    maps_.push_back(std::move(shard));
    RETURN_IF_ERROR(ParseOne(maps_.back().bytes(), maps_.back().path().string(), maps_.size() - 1));
    for (const std::string& tensor : tensors) {
      const TensorInfo* found = Find(tensor);
      if (!found || found->file != maps_.size() - 1)
        return Fail(Code::kCorrupt, "{}: tensor '{}' is not in {}", name, tensor.substr(0, 200), file);
    }
  }
  return {};
}

Result<Model> Model::Open(const fs::path& path) {
  std::error_code ignored;
  Model model;
  fs::path file = path;
  if (fs::is_directory(path, ignored)) {
    file = path / kSingleName;
    if (!fs::exists(file, ignored)) file = path / kIndexName;
    if (!fs::exists(file, ignored))
      return Fail(Code::kNotFound, "{}: holds neither {} nor {}", path.string(), kSingleName, kIndexName);
  }
  if (file.extension() == ".json") {
    RETURN_IF_ERROR(model.OpenIndex(file));
    return model;
  }
  ASSIGN_OR_RETURN(auto map, MappedFile::Open(file));
  model.maps_.push_back(std::move(map));
  RETURN_IF_ERROR(model.ParseOne(model.maps_[0].bytes(), file.string(), 0));
  return model;
}

bool Model::IsIn(const fs::path& folder) {
  std::error_code ignored;
  return fs::exists(folder / kSingleName, ignored) || fs::exists(folder / kIndexName, ignored);
}

const TensorInfo* Model::Find(std::string_view name) const {
  const auto it = names_.find(std::string(name));
  return it == names_.end() ? nullptr : &tensors_[it->second];
}

}  // namespace yun::safetensors
