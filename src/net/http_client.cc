#include "net/http_client.h"

#include <optional>

#include <fmt/format.h>

#include "base/base64.h"
#include "dunlin/version.h"
#include "net/http_connection.h"

namespace dunlin::net {
namespace {

constexpr std::size_t kMostBody = std::size_t{64} * 1024;

}  // namespace

HttpAnswer http_call(const HttpCall& call) {
  const HttpUrl url = parse_http_url(call.url);
  const Patience patience = Patience::of(call.timeout, call.interrupt);
  std::optional<TlsClient> tls;
  if (url.tls) tls.emplace(TlsSettings{});
  HttpConnection connection(url.host, url.port, tls ? &*tls : nullptr, patience);
  HttpSending sending{.method = call.method, .target = url.target, .headers = {}, .body = call.body};
  sending.headers = {{"User-Agent", fmt::format("dunlin/{}", version())}, {"Connection", "close"}};
  if (!url.credentials.empty()) {
    sending.headers.emplace_back("Authorization", "Basic " + encode_base64(url.credentials));
  }
  if (!call.content_type.empty()) sending.headers.emplace_back("Content-Type", call.content_type);
  HttpAnswer answer{.status = connection.send(sending, patience).status, .body = {}};
  while (answer.body.size() < kMostBody) {
    const std::string_view piece = connection.read_some(patience);
    if (piece.empty()) break;
    answer.body += piece.substr(0, kMostBody - answer.body.size());
  }
  return answer;
}

}  // namespace dunlin::net
