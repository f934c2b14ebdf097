#include "formats/gguf/gguf.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>

#include "base/check.h"

namespace yun::gguf {
namespace {

constexpr std::string_view kMagic = "GGUF";
constexpr std::uint32_t kLastValueType = 12;

/// Bytes of a scalar; 0 for strings and arrays.
std::uint64_t ScalarBytes(ValueType type) {
  switch (type) {
    case ValueType::kUint8:
    case ValueType::kInt8:
    case ValueType::kBool:
      return 1;
    case ValueType::kUint16:
    case ValueType::kInt16:
      return 2;
    case ValueType::kUint32:
    case ValueType::kInt32:
    case ValueType::kFloat32:
      return 4;
    case ValueType::kUint64:
    case ValueType::kInt64:
    case ValueType::kFloat64:
      return 8;
    case ValueType::kString:
    case ValueType::kArray:
      return 0;
  }
  return 0;
}

template <class T>
T Load(const std::byte* p) {
  T value;
  std::memcpy(&value, p, sizeof value);
  return value;
}

std::string_view Text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Reads forward through one file; every error names the file and the byte.
class Cursor {
 public:
  Cursor(std::span<const std::byte> bytes, std::string_view name) : bytes_(bytes), name_(name) {}

  std::uint64_t at() const { return at_; }
  std::span<const std::byte> Since(std::uint64_t start) const { return bytes_.subspan(start, at_ - start); }

  template <class... Args>
  tl::unexpected<Error> Bad(Code code, fmt::format_string<Args...> format, Args&&... args) const {
    return Fail(code, "{}: byte {}: {}", name_, at_, fmt::format(format, std::forward<Args>(args)...));
  }

  Result<std::span<const std::byte>> Take(std::uint64_t size, std::string_view what) {
    if (size > bytes_.size() - at_)
      return Bad(Code::kCorrupt, "the file ends inside {} ({} bytes wanted, {} left)", what, size, bytes_.size() - at_);
    auto part = bytes_.subspan(at_, size);
    at_ += size;
    return part;
  }

  template <class T>
  Result<T> Number(std::string_view what) {
    ASSIGN_OR_RETURN(auto bytes, Take(sizeof(T), what));
    return Load<T>(bytes.data());
  }

  Result<std::span<const std::byte>> String(std::uint64_t limit, std::string_view what) {
    ASSIGN_OR_RETURN(const std::uint64_t size, Number<std::uint64_t>(what));
    if (size > limit) return Bad(Code::kTooLarge, "{} of {} bytes is over the limit of {}", what, size, limit);
    return Take(size, what);
  }

 private:
  std::span<const std::byte> bytes_;
  std::string_view name_;
  std::uint64_t at_ = 0;
};

Result<ValueType> ReadType(Cursor& in) {
  ASSIGN_OR_RETURN(const std::uint32_t type, in.Number<std::uint32_t>("a value type"));
  if (type > kLastValueType) return in.Bad(Code::kCorrupt, "metadata value type {} does not exist", type);
  return static_cast<ValueType>(type);
}

/// Moves past an array's elements; they are checked, not kept.
Status SkipElements(Cursor& in, ValueType element, std::uint64_t count, int depth) {
  if (count > kMaxArrayItems)
    return in.Bad(Code::kTooLarge, "an array of {} items is over the limit of {}", count, kMaxArrayItems);
  if (const std::uint64_t size = ScalarBytes(element); size != 0) {
    RETURN_IF_ERROR(in.Take(size * count, "an array"));
    return {};
  }
  if (element == ValueType::kArray && depth >= kMaxArrayDepth)
    return in.Bad(Code::kTooLarge, "arrays are nested deeper than {}", kMaxArrayDepth);
  for (std::uint64_t i = 0; i < count; ++i) {
    if (element == ValueType::kString) {
      RETURN_IF_ERROR(in.String(kMaxStringBytes, "a string"));
    } else {
      ASSIGN_OR_RETURN(const ValueType inner, ReadType(in));
      ASSIGN_OR_RETURN(const std::uint64_t inner_count, in.Number<std::uint64_t>("an array's length"));
      RETURN_IF_ERROR(SkipElements(in, inner, inner_count, depth + 1));
    }
  }
  return {};
}

Result<Value> ReadValue(Cursor& in) {
  Value value;
  ASSIGN_OR_RETURN(value.type, ReadType(in));
  const std::uint64_t start = in.at();
  if (value.type == ValueType::kString) {
    ASSIGN_OR_RETURN(value.payload, in.String(kMaxStringBytes, "a string"));
  } else if (value.type == ValueType::kArray) {
    ASSIGN_OR_RETURN(value.element, ReadType(in));
    ASSIGN_OR_RETURN(value.count, in.Number<std::uint64_t>("an array's length"));
    const std::uint64_t elements = in.at();
    RETURN_IF_ERROR(SkipElements(in, value.element, value.count, 1));
    value.payload = in.Since(elements);
  } else {
    ASSIGN_OR_RETURN(value.payload, in.Take(ScalarBytes(value.type), "a value"));
  }
  value.encoded = in.Since(start);
  return value;
}

std::optional<std::int64_t> SignedOf(ValueType type, const std::byte* p) {
  switch (type) {
    case ValueType::kUint8:
      return Load<std::uint8_t>(p);
    case ValueType::kInt8:
      return Load<std::int8_t>(p);
    case ValueType::kUint16:
      return Load<std::uint16_t>(p);
    case ValueType::kInt16:
      return Load<std::int16_t>(p);
    case ValueType::kUint32:
      return Load<std::uint32_t>(p);
    case ValueType::kInt32:
      return Load<std::int32_t>(p);
    case ValueType::kInt64:
      return Load<std::int64_t>(p);
    case ValueType::kUint64: {
      const auto v = Load<std::uint64_t>(p);
      if (v > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) return std::nullopt;
      return static_cast<std::int64_t>(v);
    }
    default:
      return std::nullopt;
  }
}

/// Bytes of the UTF-8 character at the front of `text`; 0 when it is broken.
std::size_t CharacterBytes(std::string_view text) {
  const unsigned char lead = static_cast<unsigned char>(text[0]);
  const std::size_t size = lead < 0x80                   ? 1
                           : lead >= 0xc2 && lead < 0xe0 ? 2
                           : lead >= 0xe0 && lead < 0xf0 ? 3
                           : lead >= 0xf0 && lead < 0xf5 ? 4
                                                         : 0;
  if (size == 0 || size > text.size()) return 0;
  for (std::size_t i = 1; i < size; ++i)
    if ((static_cast<unsigned char>(text[i]) & 0xc0) != 0x80) return 0;
  return size;
}

/// Text for a terminal: control characters and broken UTF-8 escaped, cut behind about `width` bytes.
std::string Quoted(std::string_view text, std::size_t width) {
  std::string out;
  while (!text.empty()) {
    if (out.size() >= width) return out + "…";
    const unsigned char lead = static_cast<unsigned char>(text[0]);
    const std::size_t size = CharacterBytes(text);
    if (lead == '\n')
      out += "\\n";
    else if (lead == '\t')
      out += "\\t";
    else if (lead < 0x20 || lead == 0x7f || size == 0)
      out += fmt::format("\\x{:02x}", lead);
    else
      out += text.substr(0, size);
    text.remove_prefix(std::max<std::size_t>(size, 1));
  }
  return out;
}

std::string ScalarText(ValueType type, const std::byte* p) {
  switch (type) {
    case ValueType::kFloat32:
      return fmt::format("{}", Load<float>(p));
    case ValueType::kFloat64:
      return fmt::format("{}", Load<double>(p));
    case ValueType::kBool:
      return Load<std::uint8_t>(p) ? "true" : "false";
    case ValueType::kUint64:
      return fmt::format("{}", Load<std::uint64_t>(p));
    default:
      return fmt::format("{}", SignedOf(type, p).value_or(0));
  }
}

/// rows * row bytes of a known type, or nothing on overflow or a row that is no whole number of blocks.
std::optional<std::uint64_t> TensorBytes(const quant::TypeInfo& info, const std::vector<std::uint64_t>& dims) {
  if (dims[0] % info.block_items != 0) return std::nullopt;
  std::uint64_t bytes = dims[0] / info.block_items;
  if (__builtin_mul_overflow(bytes, std::uint64_t{info.block_bytes}, &bytes)) return std::nullopt;
  for (std::size_t i = 1; i < dims.size(); ++i)
    if (__builtin_mul_overflow(bytes, dims[i], &bytes)) return std::nullopt;
  return bytes;
}

struct PlacedTensor {
  TensorInfo info;
  std::uint64_t offset = 0, described_at = 0;
};

Result<PlacedTensor> ReadTensorInfo(Cursor& in) {
  PlacedTensor tensor;
  tensor.described_at = in.at();
  ASSIGN_OR_RETURN(auto name, in.String(kMaxTensorNameBytes, "a tensor's name"));
  tensor.info.name = Text(name);
  ASSIGN_OR_RETURN(const std::uint32_t dims, in.Number<std::uint32_t>("a tensor's number of dimensions"));
  if (dims == 0 || dims > kMaxDimensions)
    return in.Bad(Code::kCorrupt, "tensor '{}' has {} dimensions; 1 to {} are possible", Quoted(tensor.info.name, 64),
                  dims, kMaxDimensions);
  for (std::uint32_t i = 0; i < dims; ++i) {
    ASSIGN_OR_RETURN(const std::uint64_t size, in.Number<std::uint64_t>("a tensor's shape"));
    if (size == 0 || size > std::uint64_t{1} << 48)
      return in.Bad(Code::kCorrupt, "tensor '{}' has a dimension of {}", Quoted(tensor.info.name, 64), size);
    tensor.info.dims.push_back(size);
  }
  ASSIGN_OR_RETURN(tensor.info.type, in.Number<std::uint32_t>("a tensor's type"));
  ASSIGN_OR_RETURN(tensor.offset, in.Number<std::uint64_t>("a tensor's offset"));
  return tensor;
}

}  // namespace

std::string_view TypeName(ValueType type) {
  static constexpr std::string_view kNames[] = {"u8",   "i8",     "u16",   "i16", "u32", "i32", "f32",
                                                "bool", "string", "array", "u64", "i64", "f64"};
  return kNames[static_cast<std::size_t>(type)];
}

std::string TensorTypeName(std::uint32_t type) {
  if (const quant::TypeInfo* info = quant::FindType(type)) return std::string(info->name);
  switch (type) {
    case 9:
      return "q8_1";
    case 15:
      return "q8_k";
    case 16:
      return "iq2_xxs";
    case 17:
      return "iq2_xs";
    case 18:
      return "iq3_xxs";
    case 19:
      return "iq1_s";
    case 20:
      return "iq4_nl";
    case 21:
      return "iq3_s";
    case 22:
      return "iq2_s";
    case 23:
      return "iq4_xs";
    case 24:
      return "i8";
    case 25:
      return "i16";
    case 26:
      return "i32";
    case 27:
      return "i64";
    case 28:
      return "f64";
    case 29:
      return "iq1_m";
    case 34:
      return "tq1_0";
    case 35:
      return "tq2_0";
    case 39:
      return "mxfp4";
    case 40:
      return "nvfp4";
    default:
      return fmt::format("type {}", type);
  }
}

std::optional<std::int64_t> Value::AsInt() const {
  return payload.empty() ? std::nullopt : SignedOf(type, payload.data());
}

std::optional<std::uint64_t> Value::AsUint() const {
  if (type == ValueType::kUint64) return Load<std::uint64_t>(payload.data());
  const auto v = AsInt();
  if (!v || *v < 0) return std::nullopt;
  return static_cast<std::uint64_t>(*v);
}

std::optional<double> Value::AsDouble() const {
  if (type == ValueType::kFloat32) return Load<float>(payload.data());
  if (type == ValueType::kFloat64) return Load<double>(payload.data());
  if (type == ValueType::kUint64) return static_cast<double>(Load<std::uint64_t>(payload.data()));
  const auto v = AsInt();
  if (!v) return std::nullopt;
  return static_cast<double>(*v);
}

std::optional<bool> Value::AsBool() const {
  if (type != ValueType::kBool) return std::nullopt;
  return Load<std::uint8_t>(payload.data()) != 0;
}

std::optional<std::string_view> Value::AsString() const {
  if (type != ValueType::kString) return std::nullopt;
  return Text(payload);
}

std::optional<std::vector<std::string_view>> Value::AsStrings() const {
  if (type != ValueType::kArray || element != ValueType::kString) return std::nullopt;
  std::vector<std::string_view> strings;
  strings.reserve(count);
  for (std::size_t at = 0; strings.size() < count;) {  // lengths were checked by ReadValue
    const auto size = Load<std::uint64_t>(payload.data() + at);
    strings.push_back(Text(payload.subspan(at + 8, size)));
    at += 8 + size;
  }
  return strings;
}

std::optional<std::vector<std::int32_t>> Value::AsInts() const {
  const std::uint64_t size = ScalarBytes(element);
  if (type != ValueType::kArray || size == 0) return std::nullopt;
  std::vector<std::int32_t> ints;
  ints.reserve(count);
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto v = SignedOf(element, payload.data() + i * size);
    if (!v || *v < std::numeric_limits<std::int32_t>::min() || *v > std::numeric_limits<std::int32_t>::max())
      return std::nullopt;
    ints.push_back(static_cast<std::int32_t>(*v));
  }
  return ints;
}

std::string Value::ToText(std::size_t width) const {
  if (type == ValueType::kString) return Quoted(Text(payload), width);
  if (type != ValueType::kArray) return ScalarText(type, payload.data());
  std::string out = fmt::format("{} x {}", count, TypeName(element));
  if (count == 0 || element == ValueType::kArray) return out;
  out += ": [";
  std::size_t at = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    if (out.size() >= width) return out + "…]";
    if (i != 0) out += ", ";
    if (element == ValueType::kString) {
      const auto size = Load<std::uint64_t>(payload.data() + at);
      out += '"' + Quoted(Text(payload.subspan(at + 8, size)), width) + '"';
      at += 8 + size;
    } else {
      out += ScalarText(element, payload.data() + at);
      at += ScalarBytes(element);
    }
  }
  return out + "]";
}

bool ParseSplitName(std::string_view name, std::string* stem, std::uint32_t* number, std::uint32_t* count) {
  // <stem>-NNNNN-of-NNNNN.gguf
  constexpr std::size_t kTail = 20;
  if (name.size() <= kTail) return false;
  const std::string_view tail = name.substr(name.size() - kTail);
  if (tail[0] != '-' || tail.substr(6, 4) != "-of-" || tail.substr(15) != ".gguf") return false;
  std::uint32_t values[2] = {0, 0};
  for (int part = 0; part < 2; ++part) {
    for (int i = 0; i < 5; ++i) {
      const char c = tail[static_cast<std::size_t>(1 + part * 9 + i)];
      if (c < '0' || c > '9') return false;
      values[part] = values[part] * 10 + static_cast<std::uint32_t>(c - '0');
    }
  }
  *stem = name.substr(0, name.size() - kTail);
  *number = values[0];
  *count = values[1];
  return true;
}

Status File::ParseOne(std::span<const std::byte> bytes, std::string_view name, std::size_t index) {
  Cursor in(bytes, name);
  ASSIGN_OR_RETURN(auto magic, in.Take(kMagic.size(), "the magic"));
  if (Text(magic) != kMagic)
    return Fail(Code::kCorrupt, "{}: byte 0: not a GGUF file (it does not begin with GGUF)", name);
  ASSIGN_OR_RETURN(const std::uint32_t version, in.Number<std::uint32_t>("the version"));
  if (version != 2 && version != 3) {
    const bool swapped = (version & 0xffffu) == 0;
    return in.Bad(Code::kUnsupported, "GGUF version {} is not supported; 2 and 3 are{}", version,
                  swapped ? " (this file is big-endian)" : "");
  }
  ASSIGN_OR_RETURN(const std::uint64_t tensor_count, in.Number<std::uint64_t>("the tensor count"));
  ASSIGN_OR_RETURN(const std::uint64_t entry_count, in.Number<std::uint64_t>("the metadata count"));
  if (tensor_count > kMaxTensors)
    return in.Bad(Code::kTooLarge, "{} tensors are over the limit of {}", tensor_count, kMaxTensors);
  if (entry_count > kMaxMetadataEntries)
    return in.Bad(Code::kTooLarge, "{} metadata entries are over the limit of {}", entry_count, kMaxMetadataEntries);

  std::uint64_t alignment = kDefaultAlignment;
  std::uint32_t split_number = 0, split_count = 1;
  std::vector<Entry> entries;  // grows with what is really there, never by entry_count alone
  for (std::uint64_t i = 0; i < entry_count; ++i) {
    ASSIGN_OR_RETURN(auto key_bytes, in.String(kMaxKeyBytes, "a metadata key"));
    Entry entry;
    entry.key = Text(key_bytes);
    ASSIGN_OR_RETURN(entry.value, ReadValue(in));
    if (entry.key == "general.alignment") {
      const auto v = entry.value.AsUint();
      if (!v || !std::has_single_bit(*v) || *v < kMinAlignment || *v > kMaxAlignment)
        return in.Bad(Code::kCorrupt, "general.alignment must be a power of two from {} to {}", kMinAlignment,
                      kMaxAlignment);
      alignment = *v;
    } else if (entry.key == "split.no") {
      split_number = static_cast<std::uint32_t>(std::min<std::uint64_t>(entry.value.AsUint().value_or(0), kMaxSplits));
    } else if (entry.key == "split.count") {
      const auto v = entry.value.AsUint().value_or(1);
      if (v > kMaxSplits) return in.Bad(Code::kTooLarge, "{} splits are over the limit of {}", v, kMaxSplits);
      split_count = static_cast<std::uint32_t>(v);
    }
    if (index == 0) {
      if (!keys_.emplace(entry.key, entries.size()).second)
        return in.Bad(Code::kCorrupt, "metadata key '{}' appears twice", Quoted(entry.key, 64));
      entries.push_back(std::move(entry));
    }
  }
  if (index == 0) {
    version_ = version;
    alignment_ = alignment;
    metadata_ = std::move(entries);
    split_count_ = split_count;
    split_number_ = split_number;
  } else if (split_number != index || split_count != split_count_) {
    return Fail(Code::kCorrupt, "{}: it says that it is split {} of {}, but {} of {} was expected", name,
                split_number + 1, split_count, index + 1, split_count_);
  }

  std::vector<PlacedTensor> placed;
  for (std::uint64_t i = 0; i < tensor_count; ++i) {
    ASSIGN_OR_RETURN(auto tensor, ReadTensorInfo(in));
    placed.push_back(std::move(tensor));
  }
  // A vocabulary file may end right behind the descriptions, without padding.
  const std::uint64_t data_start = (in.at() + alignment - 1) / alignment * alignment;
  const std::uint64_t data_bytes = data_start > bytes.size() ? 0 : bytes.size() - data_start;
  struct Range {
    std::uint64_t begin, end;
    std::size_t tensor;
  };
  std::vector<Range> ranges;
  for (PlacedTensor& tensor : placed) {
    TensorInfo& info = tensor.info;
    info.file = index;
    const std::string shown = Quoted(info.name, 64);
    if (tensor.offset % alignment != 0)
      return Fail(Code::kCorrupt, "{}: byte {}: tensor '{}' begins at {}, not a multiple of the alignment {}", name,
                  tensor.described_at, shown, tensor.offset, alignment);
    if (const quant::TypeInfo* type = quant::FindType(info.type)) {
      const auto size = TensorBytes(*type, info.dims);
      if (!size)
        return Fail(Code::kCorrupt,
                    "{}: byte {}: tensor '{}' of type {} has rows of {} items, or is too large to be true", name,
                    tensor.described_at, shown, type->name, info.dims[0]);
      if (tensor.offset > data_bytes || *size > data_bytes - tensor.offset)
        return Fail(
            Code::kCorrupt,
            "{}: byte {}: tensor '{}' needs bytes {} to {} of the data, but there are {}: is the file cut short?", name,
            tensor.described_at, shown, tensor.offset, tensor.offset + *size, data_bytes);
      info.bytes = *size;
      info.data = bytes.subspan(data_start + tensor.offset, *size);
      ranges.push_back({tensor.offset, tensor.offset + *size, tensors_.size()});
    } else if (tensor.offset > data_bytes) {
      return Fail(Code::kCorrupt, "{}: byte {}: tensor '{}' begins behind the end of the file", name,
                  tensor.described_at, shown);
    }
    if (!names_.emplace(info.name, tensors_.size()).second)
      return Fail(Code::kCorrupt, "{}: byte {}: tensor '{}' appears twice", name, tensor.described_at, shown);
    tensors_.push_back(std::move(info));
  }
  std::sort(ranges.begin(), ranges.end(), [](const Range& a, const Range& b) { return a.begin < b.begin; });
  for (std::size_t i = 1; i < ranges.size(); ++i)
    if (ranges[i].begin < ranges[i - 1].end)
      return Fail(Code::kCorrupt, "{}: tensors '{}' and '{}' overlap", name,
                  Quoted(tensors_[ranges[i - 1].tensor].name, 64), Quoted(tensors_[ranges[i].tensor].name, 64));
  return {};
}

Result<File> File::Parse(std::span<const std::byte> bytes, std::string_view name) {
  File file;
  RETURN_IF_ERROR(file.ParseOne(bytes, name, 0));
  return file;
}

Result<File> File::Open(const std::filesystem::path& path) {
  File file;
  ASSIGN_OR_RETURN(auto map, MappedFile::Open(path));
  file.maps_.push_back(std::move(map));
  RETURN_IF_ERROR(file.ParseOne(file.maps_[0].bytes(), path.string(), 0));
  if (file.split_count_ <= 1) return file;
  std::string stem;
  std::uint32_t number = 0, count = 0;
  if (!ParseSplitName(path.filename().string(), &stem, &number, &count) || count != file.split_count_)
    return Fail(Code::kCorrupt, "{}: it is one of {} splits, but is not named ...-00001-of-{:05}.gguf", path.string(),
                file.split_count_, file.split_count_);
  if (file.split_number_ != 0 || number != 1)
    return Fail(Code::kInvalidArgument, "{}: this is split {} of {}; open {}-00001-of-{:05}.gguf", path.string(),
                number, count, stem, count);
  for (std::uint32_t i = 1; i < count; ++i) {
    const auto next = path.parent_path() / fmt::format("{}-{:05}-of-{:05}.gguf", stem, i + 1, count);
    ASSIGN_OR_RETURN(auto next_map, MappedFile::Open(next));
    file.maps_.push_back(std::move(next_map));
    RETURN_IF_ERROR(file.ParseOne(file.maps_.back().bytes(), next.string(), i));
  }
  if (const Value* total = file.Find("split.tensors.count"); total && total->AsUint() != file.tensors_.size())
    return Fail(Code::kCorrupt, "{}: {} tensors are promised, the splits hold {}", path.string(), total->ToText(20),
                file.tensors_.size());
  return file;
}

const Value* File::Find(std::string_view key) const {
  const auto it = keys_.find(std::string(key));
  return it == keys_.end() ? nullptr : &metadata_[it->second].value;
}

const TensorInfo* File::FindTensor(std::string_view name) const {
  const auto it = names_.find(std::string(name));
  return it == names_.end() ? nullptr : &tensors_[it->second];
}

}  // namespace yun::gguf
