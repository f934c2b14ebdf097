// Makes Auth from what an operator has set.
#pragma once
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "server/auth/auth.h"

namespace yun::server {

struct AuthOptions {
  std::string public_url;  // how browsers reach the server, "https://cloud.example.com"; empty: `own_url`
  std::string oidc_issuer;  // empty: no provider
  std::string oidc_client_id;
  std::filesystem::path oidc_secret_file;  // empty: a public client
  std::vector<std::string> oidc_email_domains;
};

/// `own_url`: where the server listens. Asks the provider nothing yet: it may come up later than we do.
/// errors: kInvalidArgument, kNotFound and kDisk (secret file)
Result<std::unique_ptr<Auth>> OpenAuth(const AuthOptions& options, const std::string& own_url,
                                       cloud::Directory& directory, cloud::SignIn& sign_in);

}  // namespace yun::server
