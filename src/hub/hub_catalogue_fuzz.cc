// What others write and the hub room reads: catalogues, records, a hub's lists. The first byte chooses which.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "hub/catalogue.h"
#include "hub/kept_models.h"
#include "hub/listing.h"
#include "hub/record.h"
#include "hub/source.h"
#include "hub/store.h"

namespace {

void Must(bool condition) {
  if (!condition) std::abort();
}

void CheckListing(const yun::Result<std::vector<yun::hub::RemoteFile>>& files) {
  if (!files) return;
  for (const auto& file : *files) Must(yun::hub::IsSafeRelativePath(file.path));
  const auto selection = yun::hub::SelectFiles(*files, {});
  if (selection) Must(!selection->files.empty() && !selection->open.empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0]) {
    case 'c':
      (void)yun::hub::Catalogue::Parse(text).has_value();
      break;
    case 'k':
      if (const auto models = yun::hub::ParseKeptModels(text)) {
        const auto again = yun::hub::ParseKeptModels(yun::hub::WriteKeptModels(*models));
        Must(again && again->size() == models->size());
      }
      break;
    case 'r':
      if (const auto record = yun::hub::ParseRecord(text)) {
        const auto again = yun::hub::ParseRecord(yun::hub::WriteRecord(*record));
        Must(again && again->name == record->name && again->path == record->path);
      }
      break;
    case 'h':
      CheckListing(yun::hub::ParseHuggingFaceTree(text));
      break;
    case 'm':
      CheckListing(yun::hub::ParseModelScopeFiles(text));
      break;
    case 'l':
      (void)yun::hub::NextPage(text);
      break;
    case 'n':
      (void)yun::hub::SplitNames(text).has_value();
      break;
    default:
      if (const auto source = yun::hub::ParseSource(text)) Must(!yun::hub::DefaultName(*source).empty());
  }
  return 0;
}
