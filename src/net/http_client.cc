#include "net/http_client.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <fmt/format.h>

#include "base/base64.h"
#include "dunlin/version.h"
#include "net/deadline.h"
#include "net/resolve.h"

namespace dunlin::net {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::use_awaitable;
using asio::ip::tcp;

namespace {

constexpr std::size_t kMostBody = std::size_t{64} * 1024;

http::request<http::string_body> request_for(const HttpCall& call, const HttpUrl& url) {
  http::request<http::string_body> request(http::string_to_verb({call.method.data(), call.method.size()}), url.target,
                                           11);
  const bool usual = url.port == (url.tls ? 443 : 80);
  const std::string host = url.host.find(':') == std::string::npos ? url.host : fmt::format("[{}]", url.host);
  request.set(http::field::host, usual ? host : fmt::format("{}:{}", host, url.port));
  request.set(http::field::user_agent, fmt::format("dunlin/{}", version()));
  request.set(http::field::connection, "close");
  if (!url.credentials.empty()) {
    request.set(http::field::authorization, "Basic " + encode_base64(url.credentials));
  }
  if (!call.content_type.empty()) {
    request.set(http::field::content_type, {call.content_type.data(), call.content_type.size()});
    request.body() = call.body;
    request.prepare_payload();
  }
  return request;
}

template <typename Stream>
asio::awaitable<HttpAnswer> exchange(Stream& stream, const http::request<http::string_body>& request) {
  co_await http::async_write(stream, request, use_awaitable);
  beast::flat_buffer buffer;
  http::response_parser<http::buffer_body> parser;
  parser.body_limit(boost::none);
  co_await http::async_read_header(stream, buffer, parser, use_awaitable);
  std::string body(kMostBody, '\0');
  parser.get().body() = {.data = body.data(), .size = body.size(), .more = true};
  const auto [problem, size] = co_await http::async_read(stream, buffer, parser, asio::as_tuple(use_awaitable));
  // A longer body is cut off there; a peer that ends TLS without a word has said its status all the same.
  if (problem && problem != http::error::need_buffer && problem != http::error::end_of_stream &&
      problem != asio::ssl::error::stream_truncated) {
    throw boost::system::system_error(problem);
  }
  body.resize(kMostBody - parser.get().body().size);
  co_return HttpAnswer{.status = parser.get().result_int(), .body = std::move(body)};
}

asio::awaitable<HttpAnswer> talk(asio::io_context& context, const HttpCall& call, const HttpUrl& url,
                                 const std::vector<tcp::endpoint>& endpoints) {
  const auto request = request_for(call, url);
  if (!url.tls) {
    tcp::socket socket(context);
    co_await asio::async_connect(socket, endpoints, use_awaitable);
    co_return co_await exchange(socket, request);
  }
  asio::ssl::context tls(asio::ssl::context::tls_client);
  tls.set_options(asio::ssl::context::no_tlsv1 | asio::ssl::context::no_tlsv1_1);
  tls.set_default_verify_paths();
  tls.set_verify_mode(asio::ssl::verify_peer);
  asio::ssl::stream<tcp::socket> stream(context, tls);
  stream.set_verify_callback(asio::ssl::host_name_verification(url.host));
  if (SSL_set_tlsext_host_name(stream.native_handle(), url.host.c_str()) != 1) {
    throw Failure(ErrorKind::internal, "OpenSSL takes no server name");
  }
  co_await asio::async_connect(stream.next_layer(), endpoints, use_awaitable);
  co_await stream.async_handshake(asio::ssl::stream_base::client, use_awaitable);
  co_return co_await exchange(stream, request);
}

}  // namespace

HttpAnswer http_call(const HttpCall& call) {
  const HttpUrl url = parse_http_url(call.url);
  const std::string peer = fmt::format("{}:{}", url.host, url.port);
  const auto began = std::chrono::steady_clock::now();
  asio::io_context context(1);
  try {
    const auto endpoints = resolve(url.host, url.port, call.timeout, call.interrupt);
    return within(context, talk(context, call, url, endpoints), began + call.timeout, call.interrupt, peer);
  } catch (const boost::system::system_error& problem) {
    throw Failure(ErrorKind::connect, fmt::format("{}: {}", peer, problem.code().message()));
  }
}

}  // namespace dunlin::net
