#include "server/token.h"

#include <fstream>

#include "base/ascii.h"

namespace dunlin::server {
namespace {

constexpr std::string_view kScheme = "bearer ";

bool same(std::string_view offered, std::string_view token) {
  unsigned difference = offered.size() == token.size() ? 0 : 1;
  for (std::size_t i = 0; i < offered.size(); ++i) {
    difference |= static_cast<unsigned char>(offered[i]) ^ static_cast<unsigned char>(token[i % token.size()]);
  }
  return difference == 0;
}

}  // namespace

std::string read_token(const std::string& file) {
  std::ifstream stream(file);
  std::string token;
  std::getline(stream, token);
  if (token.ends_with('\r')) token.pop_back();
  return token;
}

bool is_bearer(std::string_view authorization, const std::string& token_file) {
  if (authorization.size() <= kScheme.size()) return false;
  if (!ascii::equals_ignoring_case(authorization.substr(0, kScheme.size()), kScheme)) return false;
  const std::string token = read_token(token_file);
  return !token.empty() && same(authorization.substr(kScheme.size()), token);
}

}  // namespace dunlin::server
