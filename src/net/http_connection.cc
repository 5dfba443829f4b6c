#include "net/http_connection.h"

#include <array>
#include <optional>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <fmt/format.h>
#include <netinet/tcp.h>
#include <poll.h>

#include "dunlin/error.h"
#include "net/address.h"
#include "net/deadline.h"
#include "net/resolve.h"

namespace dunlin::net {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::use_awaitable;
using asio::ip::tcp;

namespace {

// A server that vanished without a word is noticed within about a minute.
constexpr int kKeepIdle = 30;
constexpr int kKeepInterval = 10;
constexpr int kKeepCount = 3;
constexpr int kUnacknowledgedMs = 60'000;

void watch_over(tcp::socket& socket) {
  socket.set_option(tcp::no_delay(true));
  socket.set_option(asio::socket_base::keep_alive(true));
  using Number = asio::detail::socket_option::integer<IPPROTO_TCP, TCP_KEEPIDLE>;
  socket.set_option(Number(kKeepIdle));
  socket.set_option(asio::detail::socket_option::integer<IPPROTO_TCP, TCP_KEEPINTVL>(kKeepInterval));
  socket.set_option(asio::detail::socket_option::integer<IPPROTO_TCP, TCP_KEEPCNT>(kKeepCount));
  socket.set_option(asio::detail::socket_option::integer<IPPROTO_TCP, TCP_USER_TIMEOUT>(kUnacknowledgedMs));
}

bool is_ip_address(const std::string& host) {
  boost::system::error_code no;
  asio::ip::make_address(host, no);
  return !no;
}

}  // namespace

std::chrono::milliseconds Patience::left() const {
  const auto rest = std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
  return std::max(rest, std::chrono::milliseconds{0});
}

std::string_view HttpHead::header(std::string_view name) const {
  for (const auto& [each, value] : headers) {
    if (beast::iequals({each.data(), each.size()}, {name.data(), name.size()})) return value;
  }
  return {};
}

struct HttpConnection::State {
  State(std::string host, std::uint16_t port, const TlsClient* tls)
      : peer(to_string(Address{.host = host, .port = port})), name(std::move(host)), context(1), socket(context) {
    if (tls != nullptr) {
      secure.emplace(socket, tls->context());
      prepare(*tls);
    }
  }

  void prepare(const TlsClient& tls) {
    const std::string& wanted = tls.server_name().empty() ? name : tls.server_name();
    if (tls.verifies()) secure->set_verify_callback(asio::ssl::host_name_verification(wanted));
    // Addresses are not asked for by name (RFC 6066).
    if (is_ip_address(wanted)) return;
    if (SSL_set_tlsext_host_name(secure->native_handle(), wanted.c_str()) != 1) {
      throw Failure(ErrorKind::internal, "OpenSSL takes no server name");
    }
  }

  asio::awaitable<bool> connect(std::vector<tcp::endpoint> endpoints) {
    co_await asio::async_connect(socket, endpoints, use_awaitable);
    watch_over(socket);
    if (secure) co_await secure->async_handshake(asio::ssl::stream_base::client, use_awaitable);
    co_return true;
  }

  template <typename Stream>
  asio::awaitable<bool> exchange(Stream& stream) {
    co_await http::async_write(stream, request, use_awaitable);
    co_await http::async_read_header(stream, buffer, *parser, use_awaitable);
    co_return true;
  }

  // How many bytes came; 0 at the body's end.
  template <typename Stream>
  asio::awaitable<std::size_t> take(Stream& stream) {
    while (!parser->is_done()) {
      parser->get().body() = {.data = piece.data(), .size = piece.size(), .more = true};
      const auto [problem, size] =
          co_await http::async_read_some(stream, buffer, *parser, asio::as_tuple(use_awaitable));
      const std::size_t got = piece.size() - parser->get().body().size;
      // A body without a length ends with the connection, and many a server ends TLS without a word.
      const bool ended = problem == http::error::end_of_stream || problem == asio::ssl::error::stream_truncated;
      if (ended && parser->need_eof()) {
        open_ended = true;
        co_return got;
      }
      if (problem && problem != http::error::need_buffer) throw boost::system::system_error(problem);
      if (got > 0) co_return got;
    }
    co_return 0;
  }

  // Does `work` with whichever stream there is. When that fails, the connection is closed and nothing is left of it.
  template <typename Work>
  auto run(const Patience& patience, const Work& work) {
    try {
      auto doing = secure ? work(*secure) : work(socket);
      return within(context, std::move(doing), patience.until, patience.interrupt, peer);
    } catch (const boost::system::system_error& problem) {
      close();
      throw Failure(ErrorKind::connect, fmt::format("{}: {}", peer, problem.code().message()));
    } catch (const Failure&) {
      close();
      throw;
    }
  }

  // What is under way ends with an error, which nobody hears of.
  void close() {
    boost::system::error_code ignored;
    [[maybe_unused]] const auto gone = socket.close(ignored);
    context.restart();
    context.run();
  }

  std::string peer;
  std::string name;
  asio::io_context context;
  tcp::socket socket;
  std::optional<asio::ssl::stream<tcp::socket&>> secure;
  beast::flat_buffer buffer;
  http::request<http::string_body> request;
  std::optional<http::response_parser<http::buffer_body>> parser;
  std::array<char, std::size_t{16} * 1024> piece{};
  bool open_ended = false;
};

HttpConnection::HttpConnection(const std::string& host, std::uint16_t port, const TlsClient* tls,
                               const Patience& patience)
    : state_(std::make_unique<State>(host, port, tls)) {
  const auto endpoints = [&] {
    try {
      return resolve(host, port, patience.left(), patience.interrupt);
    } catch (const boost::system::system_error& problem) {
      throw Failure(ErrorKind::connect, fmt::format("{}: {}", state_->peer, problem.code().message()));
    }
  }();
  state_->run(patience, [&](auto&) { return state_->connect(endpoints); });
}

HttpConnection::~HttpConnection() = default;
HttpConnection::HttpConnection(HttpConnection&&) noexcept = default;
HttpConnection& HttpConnection::operator=(HttpConnection&&) noexcept = default;

HttpHead HttpConnection::send(const HttpSending& sending, const Patience& patience) {
  State& state = *state_;
  state.request = {};
  state.request.version(11);
  state.request.method_string({sending.method.data(), sending.method.size()});
  state.request.target({sending.target.data(), sending.target.size()});
  const std::size_t port_at = state.peer.rfind(':');
  const bool usual = std::string_view(state.peer).substr(port_at) == (state.secure ? ":443" : ":80");
  state.request.set(http::field::host, usual ? state.peer.substr(0, port_at) : state.peer);
  for (const auto& [name, value] : sending.headers) state.request.insert(name, value);
  state.request.body() = sending.body;
  state.request.prepare_payload();
  state.parser.emplace();
  state.parser->body_limit(boost::none);
  state.parser->skip(sending.method == "HEAD");
  state.open_ended = false;
  state.run(patience, [&](auto& stream) { return state.exchange(stream); });
  HttpHead head{.status = state.parser->get().result_int(), .headers = {}};
  for (const auto& field : state.parser->get()) {
    head.headers.emplace_back(std::string(field.name_string()), std::string(field.value()));
  }
  return head;
}

std::string_view HttpConnection::read_some(const Patience& patience) {
  if (state_->parser->is_done() || state_->open_ended) return {};
  const std::size_t size = state_->run(patience, [&](auto& stream) { return state_->take(stream); });
  return {state_->piece.data(), size};
}

std::string HttpConnection::read_rest(std::size_t most, const Patience& patience) {
  std::string body;
  for (std::string_view piece = read_some(patience); !piece.empty(); piece = read_some(patience)) {
    if (body.size() + piece.size() > most) {
      throw Failure(ErrorKind::connect, fmt::format("{}: an answer of more than {} bytes", state_->peer, most));
    }
    body += piece;
  }
  return body;
}

bool HttpConnection::reusable() const {
  return state_->parser && state_->parser->is_done() && state_->parser->keep_alive() && state_->buffer.size() == 0;
}

bool HttpConnection::gone_stale() const {
  pollfd look{.fd = state_->socket.native_handle(), .events = POLLIN, .revents = 0};
  return ::poll(&look, 1, 0) != 0;
}

}  // namespace dunlin::net
