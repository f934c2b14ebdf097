// The two containers behind Checkpoint::Open, and what they share.
#pragma once
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/mapped_file.h"
#include "base/result.h"
#include "formats/checkpoint/checkpoint.h"
#include "formats/gguf/gguf.h"

namespace yun {

Result<std::unique_ptr<Checkpoint>> OpenGguf(const std::filesystem::path& path);
/// `name` stands for the file in errors.
Result<std::unique_ptr<Checkpoint>> CheckpointOf(gguf::File file, std::string name);
Result<std::unique_ptr<Checkpoint>> OpenFolder(const std::filesystem::path& folder);
/// True when the folder has a file of a Hugging Face model in it: config.json or tokenizer.json.
bool HasFolderFiles(const std::filesystem::path& folder);

// GGUF's pooling_type, as far as it is known here.
inline constexpr std::uint32_t kPoolingNone = 0, kPoolingMean = 1, kPoolingLast = 3;

/// 0.1 ln(factor) + 1, and 1 for factors that shrink.
/// source: YaRN, Peng et al. 2023, section 3.4
float YarnAttentionFactor(float factor);

/// As Checkpoint::TensorFiles.
std::vector<TensorFile> FilesOf(const std::vector<MappedFile>& maps);
/// The first error of a check of each file.
Status CheckAll(const std::vector<MappedFile>& maps, Status (MappedFile::*check)() const);
/// Tells the kernel that a view into one of `maps` will not be read again soon.
void ReleaseView(const std::vector<MappedFile>& maps, const TensorView& view);

}  // namespace yun
