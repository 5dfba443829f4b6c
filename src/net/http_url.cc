#include <charconv>

#include <boost/url/src.hpp>
#include <fmt/format.h>

#include "base/redact.h"
#include "dunlin/error.h"
#include "net/http_client.h"

namespace dunlin::net {

HttpUrl parse_http_url(std::string_view text) {
  const auto parsed = boost::urls::parse_uri({text.data(), text.size()});
  const bool known = parsed && (parsed->scheme() == "http" || parsed->scheme() == "https");
  if (!known || parsed->host().empty()) {
    throw Failure(ErrorKind::usage, fmt::format("\"{}\" is not the URL of a web server", redact(text)),
                  "write http://HOST:PORT/PATH, or https://...");
  }
  HttpUrl url;
  url.tls = parsed->scheme() == "https";
  url.host = parsed->host_type() == boost::urls::host_type::ipv6 ? parsed->host_address() : parsed->host();
  url.port = parsed->has_port() ? parsed->port_number() : (url.tls ? 443 : 80);
  const std::string path(parsed->encoded_path().data(), parsed->encoded_path().size());
  url.target = path.empty() ? "/" : path;
  if (parsed->has_query()) url.target += fmt::format("?{}", std::string_view(parsed->encoded_query()));
  if (parsed->has_userinfo()) url.credentials = fmt::format("{}:{}", parsed->user(), parsed->password());
  return url;
}

}  // namespace dunlin::net
