#include <cstdlib>

#include "base/file.h"
#include "base/toml.h"
#include "hub/pull.h"

namespace yun::hub {
namespace {

constexpr std::uint64_t kSettingsBytesMax = 1u << 20;

std::string Environment(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

Status CheckEndpoint(std::string& endpoint) {
  if (!endpoint.starts_with("http://") && !endpoint.starts_with("https://")) endpoint = "https://" + endpoint;
  while (endpoint.ends_with('/')) endpoint.pop_back();
  if (endpoint.find_first_of(" \t\r\n?#@") != endpoint.npos || endpoint.size() < sizeof "https://") {
    return Fail(Code::kInvalidArgument, "the hub's address '{}' is not like https://host", endpoint);
  }
  return {};
}

Status CheckToken(const std::string& token, const char* name) {
  for (const char c : token) {
    if (c <= 0x20 || c > 0x7e || c == ';' || c == ',') {
      return Fail(Code::kInvalidArgument, "{} holds a character that no token has", name);
    }
  }
  return {};
}

void Take(const TomlValue& table, const char* key, std::string& out) {
  if (auto value = table.String(key)) out = std::move(*value);
}

void Take(const char* variable, std::string& out) {
  if (std::string value = Environment(variable); !value.empty()) out = std::move(value);
}

}  // namespace

Result<HubSettings> HubSettings::Load(const std::filesystem::path& home) {
  HubSettings out;
  std::string hf_token, ms_token;
  const std::filesystem::path file = home / "hub.toml";
  auto text = ReadFile(file, kSettingsBytesMax);
  if (!text && text.error().code != Code::kNotFound) return tl::unexpected(std::move(text.error()));
  if (text) {
    auto table = ParseToml(*text);
    if (!table) return Wrap(std::move(table.error()), file.string());
    Take(*table, "hf_endpoint", out.hf_endpoint);
    Take(*table, "ms_endpoint", out.ms_endpoint);
    Take(*table, "hf_token", hf_token);
    Take(*table, "ms_token", ms_token);
    Take(*table, "prefer", out.prefer);
  }
  Take("HF_ENDPOINT", out.hf_endpoint);
  Take("HF_TOKEN", hf_token);
  Take("MODELSCOPE_DOMAIN", out.ms_endpoint);
  Take("MODELSCOPE_ENDPOINT", out.ms_endpoint);
  Take("MODELSCOPE_API_TOKEN", ms_token);
  Take("YUN_HUB", out.prefer);
  Take("YUN_PYTHON", out.python);
  RETURN_IF_ERROR(CheckEndpoint(out.hf_endpoint));
  RETURN_IF_ERROR(CheckEndpoint(out.ms_endpoint));
  RETURN_IF_ERROR(CheckToken(hf_token, "HF_TOKEN"));
  RETURN_IF_ERROR(CheckToken(ms_token, "MODELSCOPE_API_TOKEN"));
  if (!out.prefer.empty() && out.prefer != "hf" && out.prefer != "ms") {
    return Fail(Code::kInvalidArgument, "the preferred hub is 'hf' or 'ms', not '{}'", out.prefer);
  }
  out.hf_token = Secret<std::string>(std::move(hf_token));
  out.ms_token = Secret<std::string>(std::move(ms_token));
  return out;
}

}  // namespace yun::hub
