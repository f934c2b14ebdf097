#include "formats/safetensors/safetensors.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <random>

namespace yun::safetensors {
namespace {
namespace fs = std::filesystem;

std::string File(std::string_view header, std::size_t data_bytes) {
  std::string out(8, '\0');
  const std::uint64_t size = header.size();
  std::memcpy(out.data(), &size, 8);
  out += header;
  for (std::size_t i = 0; i < data_bytes; ++i) out += static_cast<char>(i);
  return out;
}

Result<Model> Parse(const std::string& bytes) { return Model::Parse(std::as_bytes(std::span(bytes)), "x.safetensors"); }

constexpr std::string_view kGood =
    R"({"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},)"
    R"("b":{"dtype":"BF16","shape":[4],"data_offsets":[24,32]},)"
    R"("c":{"dtype":"I64","shape":[],"data_offsets":[32,40]}}   )";

TEST(Safetensors, ReadsOneFile) {
  const std::string bytes = File(kGood, 40);
  const auto model = Parse(bytes);
  ASSERT_TRUE(model) << model.error().message;
  ASSERT_EQ(model->tensors().size(), 3u);
  const TensorInfo* a = model->Find("a");
  ASSERT_NE(a, nullptr);
  EXPECT_EQ(a->type, quant::Type::kF32);
  EXPECT_EQ(a->shape, (std::vector<std::uint64_t>{2, 3}));
  EXPECT_EQ(model->Find("b")->data[0], std::byte{24});
  EXPECT_EQ(model->Find("c")->type, std::nullopt);
  EXPECT_EQ(model->Find("d"), nullptr);
  EXPECT_EQ(model->metadata().at(0).second, "pt");
}

TEST(Safetensors, HostileFilesAreRefused) {
  const auto tensor = [](std::string_view body) { return File(fmt::format(R"({{"a":{{{}}}}})", body), 64); };
  std::string deep = "{\"a\":";
  for (int i = 0; i < 5000; ++i) deep += "[";
  const struct {
    const char* what;
    std::string bytes;
    Code code;
  } cases[] = {
      {"empty", "", Code::kCorrupt},
      {"short", "1234567", Code::kCorrupt},
      {"huge header", std::string(8, '\xff') + "{}", Code::kTooLarge},
      {"header over the end", std::string("\x80\0\0\0\0\0\0\0{}", 10), Code::kCorrupt},
      {"not JSON", File("hello", 0), Code::kCorrupt},
      {"a list", File("[]", 0), Code::kCorrupt},
      {"broken UTF-8", File("{\"\xff\":1}", 0), Code::kCorrupt},
      {"deep", File(deep, 0), Code::kCorrupt},
      {"a number for a tensor", File(R"({"a":1})", 0), Code::kCorrupt},
      {"metadata not strings", File(R"({"__metadata__":{"a":1}})", 0), Code::kCorrupt},
      {"no dtype", tensor(R"("shape":[1],"data_offsets":[0,4])"), Code::kCorrupt},
      {"no shape", tensor(R"("dtype":"F32","data_offsets":[0,4])"), Code::kCorrupt},
      {"negative shape", tensor(R"("dtype":"F32","shape":[-1],"data_offsets":[0,4])"), Code::kCorrupt},
      {"nine dimensions", tensor(R"("dtype":"F32","shape":[1,1,1,1,1,1,1,1,1],"data_offsets":[0,4])"), Code::kCorrupt},
      {"overflow", tensor(R"("dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0])"), Code::kCorrupt},
      {"overflow by element", tensor(R"("dtype":"F32","shape":[4611686018427387904],"data_offsets":[0,0])"),
       Code::kCorrupt},
      {"too few bytes", tensor(R"("dtype":"F32","shape":[2],"data_offsets":[0,4])"), Code::kCorrupt},
      {"backwards", tensor(R"("dtype":"F32","shape":[1],"data_offsets":[8,4])"), Code::kCorrupt},
      {"three offsets", tensor(R"("dtype":"F32","shape":[1],"data_offsets":[0,4,8])"), Code::kCorrupt},
      {"behind the end", tensor(R"("dtype":"F32","shape":[1],"data_offsets":[61,65])"), Code::kCorrupt},
      {"overlap",
       File(R"({"a":{"dtype":"U8","shape":[8],"data_offsets":[0,8]},)"
            R"("b":{"dtype":"U8","shape":[1],"data_offsets":[7,8]}})",
            8),
       Code::kCorrupt},
      {"twice",
       File(R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},)"
            R"("a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}})",
            8),
       Code::kCorrupt},
  };
  for (const auto& c : cases) {
    const auto model = Parse(c.bytes);
    ASSERT_FALSE(model) << c.what;
    EXPECT_EQ(model.error().code, c.code) << c.what << ": " << model.error().message;
    EXPECT_EQ(model.error().message.find("x.safetensors: "), 0u) << model.error().message;
  }
}

TEST(Safetensors, PrefixesAndRandomChangesNeverCrash) {
  const std::string good = File(kGood, 40);
  for (std::size_t size = 0; size < good.size(); ++size) EXPECT_FALSE(Parse(good.substr(0, size))) << size;
  std::mt19937 random(3);
  for (int round = 0; round < 10000; ++round) {
    std::string bytes = good;
    for (unsigned flips = 1 + random() % 3; flips > 0; --flips)
      bytes[random() % bytes.size()] = static_cast<char>(random());
    const auto model = Parse(bytes);
    if (!model) continue;
    unsigned sum = 0;
    for (const auto& tensor : model->tensors())
      for (const std::byte b : tensor.data) sum += static_cast<unsigned>(b);
    volatile unsigned sink = sum;
    (void)sink;
  }
}

TEST(Safetensors, Shards) {
  const fs::path folder = fs::temp_directory_path() / ("yun_safetensors_test." + std::to_string(::getpid()));
  fs::create_directories(folder);
  const auto write = [&](const char* name, const std::string& bytes) {
    std::ofstream(folder / name, std::ios::binary) << bytes;
  };
  EXPECT_FALSE(Model::IsIn(folder));
  EXPECT_EQ(Model::Open(folder).error().code, Code::kNotFound);
  write("m-1.safetensors", File(R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}})", 4));
  write("m-2.safetensors", File(R"({"b":{"dtype":"F16","shape":[2],"data_offsets":[0,4]}})", 4));
  const struct {
    const char* index;
    bool good;
    const char* words;
  } cases[] = {
      {R"({"metadata":{"total_size":8},"weight_map":{"a":"m-1.safetensors","b":"m-2.safetensors"}})", true, ""},
      {R"({"weight_map":{"a":"m-1.safetensors","b":"m-1.safetensors"}})", false, "'b' is not in m-1"},
      {R"({"weight_map":{"a":"m-1.safetensors","b":"m-3.safetensors"}})", false, "m-3.safetensors"},
      {R"({"weight_map":{"a":"../m-1.safetensors"}})", false, "plain file name"},
      {R"({"weight_map":{"a":"/etc/passwd"}})", false, "plain file name"},
      {R"({"weight_map":{"a":7}})", false, "not a name"},
      {R"({"weight_map":{}})", false, "empty"},
      {R"({"weights":{}})", false, "no weight_map"},
      {R"([)", false, "JSON"},
  };
  for (const auto& c : cases) {
    write("model.safetensors.index.json", c.index);
    EXPECT_TRUE(Model::IsIn(folder));
    const auto model = Model::Open(folder);
    ASSERT_EQ(model.has_value(), c.good) << c.index;
    if (c.good) {
      EXPECT_EQ(model->tensors().size(), 2u);
      EXPECT_EQ(model->Find("b")->file, 1u);
    } else {
      EXPECT_NE(model.error().message.find(c.words), std::string::npos) << model.error().message;
    }
  }
  fs::remove_all(folder);
}

}  // namespace
}  // namespace yun::safetensors
