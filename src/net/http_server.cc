#include "net/http_server.h"

#include <algorithm>
#include <list>
#include <optional>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <fmt/format.h>

#include "dunlin/error.h"

namespace dunlin::net {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;

namespace {

constexpr auto kQuietly = asio::as_tuple(asio::use_awaitable);
// After a failed accept, which is no descriptor left more often than not.
constexpr std::chrono::milliseconds kAcceptPause{100};

// After stop(): how long a first byte is waited for, and how long the rest of a request.
constexpr std::chrono::milliseconds kFirstByte{300};
constexpr std::chrono::milliseconds kWholeRequest{2'000};

using Message = http::request<http::string_body>;
using Parser = http::request_parser<http::string_body>;

struct Connection {
  Connection(tcp::socket socket, const TlsServer* server) : stream(std::move(socket)) {
    if (server == nullptr) return;
    tls = server->context();
    secure.emplace(stream, *tls);
  }
  beast::tcp_stream stream;
  std::shared_ptr<asio::ssl::context> tls;  // the one it began with, whatever has replaced it
  std::optional<asio::ssl::stream<beast::tcp_stream&>> secure;
  const Parser* reading = nullptr;  // what has come of a request
  bool answering = false;
  bool greeted = false;  // one has been answered

  // Part of a request is here, or of a handshake.
  bool has_begun() const { return reading == nullptr || reading->got_some(); }
  // A keep-alive connection between two requests.
  bool is_idle() {
    boost::system::error_code ignored;
    return greeted && !answering && !has_begun() && stream.socket().available(ignored) == 0;
  }
};

tcp::endpoint endpoint_of(asio::io_context& context, const Address& address) {
  boost::system::error_code problem;
  tcp::resolver resolver(context);
  const auto found = resolver.resolve(address.host, std::to_string(address.port), tcp::resolver::passive, problem);
  if (problem || found.empty()) {
    throw Failure(ErrorKind::usage, fmt::format("cannot listen on {}: {}", to_string(address), problem.message()),
                  "give an address of this machine, as 127.0.0.1:8080");
  }
  return found.begin()->endpoint();
}

tcp::acceptor listening(asio::io_context& context, const Address& address) {
  try {
    return tcp::acceptor(context, endpoint_of(context, address));
  } catch (const boost::system::system_error& problem) {
    throw Failure(ErrorKind::io, fmt::format("cannot listen on {}: {}", to_string(address), problem.code().message()),
                  problem.code() == asio::error::address_in_use
                      ? "another program listens there: end it, or give another port"
                      : std::string{});
  }
}

HttpRequest understood(Message& message) {
  const std::string_view target(message.target().data(), message.target().size());
  HttpRequest request{
      .method = std::string(message.method_string()), .path = std::string(target), .authorization = {}, .body = {}};
  request.path.resize(std::min(request.path.find('?'), request.path.size()));
  const auto found = message.find(http::field::authorization);
  if (found != message.end()) request.authorization = std::string(found->value());
  request.body = std::move(message.body());
  return request;
}

http::response<http::string_body> wire_form(HttpResponse answer, const Message& request, bool keep_alive) {
  http::response<http::string_body> response(http::int_to_status(answer.status), request.version());
  response.set(http::field::content_type, answer.content_type);
  response.set(http::field::cache_control, "no-store");
  if (answer.status == 405) response.set(http::field::allow, "GET, HEAD");
  if (answer.status == 401) response.set(http::field::www_authenticate, "Bearer");
  response.keep_alive(keep_alive);
  response.body() = std::move(answer.body);
  response.prepare_payload();
  // What GET would have had as its length, and nothing of it.
  if (request.method() == http::verb::head) response.body().clear();
  return response;
}

}  // namespace

struct HttpServer::State : std::enable_shared_from_this<State> {
  State(asio::io_context& io, const Address& wanted, HttpHandler what, const HttpLimits& how, const TlsServer* server)
      : context(io), acceptor(listening(io, wanted)), handler(std::move(what)), limits(how), tls(server) {
    const auto endpoint = acceptor.local_endpoint();
    address = {.host = endpoint.address().to_string(), .port = endpoint.port()};
  }

  asio::io_context& context;
  tcp::acceptor acceptor;
  HttpHandler handler;
  HttpLimits limits;
  const TlsServer* tls;
  Address address;
  std::list<std::shared_ptr<Connection>> connections;  // the oldest first
  std::function<void()> when_idle;
  bool stopping = false;

  // The handler's answer, whenever it comes.
  asio::awaitable<HttpResponse> ask(const HttpRequest& request) {
    struct Pending {
      explicit Pending(asio::io_context& io) : timer(io, asio::steady_timer::time_point::max()) {}
      asio::steady_timer timer;
      std::optional<HttpResponse> answer;
    };
    auto pending = std::make_shared<Pending>(context);
    handler(request, [pending](HttpResponse answer) {
      pending->answer = std::move(answer);
      pending->timer.cancel();
    });
    while (!pending->answer) co_await pending->timer.async_wait(kQuietly);
    co_return std::move(*pending->answer);
  }

  bool takes(const Message& request) const {
    return limits.body_bytes > 0 || request.method() == http::verb::get || request.method() == http::verb::head;
  }

  template <typename Stream>
  asio::awaitable<void> talk(Connection& connection, Stream& stream) {
    beast::flat_buffer buffer;
    for (bool more = true; more;) {
      connection.stream.expires_after(limits.idle);
      Parser parser;
      connection.reading = &parser;
      parser.header_limit(static_cast<std::uint32_t>(limits.header_bytes));
      parser.body_limit(limits.body_bytes);
      const auto [read_problem, size] = co_await http::async_read(stream, buffer, parser, kQuietly);
      if (read_problem == http::error::end_of_stream || read_problem == beast::error::timeout) break;
      connection.answering = true;
      HttpResponse answer{.status = 400, .content_type = "text/plain", .body = "this is no request\n"};
      Message& request = parser.get();
      const bool readable = takes(request);
      if (parser.is_header_done() && !readable) {
        answer = {.status = 405, .content_type = "text/plain", .body = "only GET and HEAD\n"};
      } else if (!read_problem) {
        connection.stream.expires_never();
        answer = co_await ask(understood(request));
      } else if (read_problem == http::error::body_limit) {
        answer = {.status = 413, .content_type = "text/plain", .body = "this is too much\n"};
      } else if (read_problem.category() != http::make_error_code(http::error::bad_method).category()) {
        break;
      }
      more = !read_problem && readable && request.keep_alive() && !stopping;
      const auto response = wire_form(std::move(answer), request, more);
      connection.stream.expires_after(limits.idle);
      const auto [write_problem, written] = co_await http::async_write(stream, response, kQuietly);
      connection.answering = false;
      connection.greeted = true;
      if (write_problem) break;
    }
    connection.reading = nullptr;
  }

  asio::awaitable<void> talk_in_secret(Connection& connection) {
    connection.stream.expires_after(limits.idle);
    const auto [problem] = co_await connection.secure->async_handshake(asio::ssl::stream_base::server, kQuietly);
    if (problem) co_return;
    co_await talk(connection, *connection.secure);
    connection.stream.expires_after(limits.idle);
    co_await connection.secure->async_shutdown(kQuietly);
  }

  asio::awaitable<void> converse(std::shared_ptr<Connection> connection) {
    if (connection->secure) {
      co_await talk_in_secret(*connection);
    } else {
      co_await talk(*connection, connection->stream);
    }
    boost::system::error_code ignored;
    [[maybe_unused]] const auto gone = connection->stream.socket().shutdown(tcp::socket::shutdown_send, ignored);
    connections.remove(connection);
    note_idle();
  }

  void note_idle() {
    if (stopping && connections.empty() && when_idle) std::exchange(when_idle, nullptr)();
  }

  // Who asks nothing goes first: a probe must not wait because others hold connections open.
  void make_room() {
    const auto idle = std::ranges::find_if(connections, [](const auto& each) { return !each->answering; });
    if (idle != connections.end()) (*idle)->stream.close();
  }

  asio::awaitable<void> accept() {
    while (acceptor.is_open()) {
      auto [problem, socket] = co_await acceptor.async_accept(kQuietly);
      if (problem) {
        asio::steady_timer pause(context, kAcceptPause);
        if (acceptor.is_open()) co_await pause.async_wait(kQuietly);
        continue;
      }
      welcome(std::move(socket));
    }
  }

  void welcome(tcp::socket socket) {
    if (connections.size() >= limits.connections) make_room();
    auto connection = std::make_shared<Connection>(std::move(socket), tls);
    connections.push_back(connection);
    const auto self = shared_from_this();
    asio::co_spawn(context, converse(connection), [self](const std::exception_ptr& defect) {
      if (defect) std::rethrow_exception(defect);
    });
  }

  // Who has connected before the end waits to be accepted: closing the acceptor would reset it.
  void welcome_the_last() {
    boost::system::error_code problem;
    [[maybe_unused]] const auto changed = acceptor.non_blocking(true, problem);
    while (!problem) {
      tcp::socket socket = acceptor.accept(problem);
      if (!problem) welcome(std::move(socket));
    }
    [[maybe_unused]] const auto gone = acceptor.close(problem);
  }

  // Those of whom `hopeless` says so by then are not waited for any longer.
  void close_after(std::chrono::milliseconds pause, bool (*hopeless)(Connection&)) {
    auto timer = std::make_shared<asio::steady_timer>(context, pause);
    timer->async_wait([self = shared_from_this(), timer, hopeless](const boost::system::error_code&) {
      for (const auto& connection : self->connections) {
        if (!connection->answering && hopeless(*connection)) connection->stream.cancel();
      }
    });
  }
};

HttpServer::HttpServer(EventLoop& loop, const Address& address, HttpHandler handler, const HttpLimits& limits,
                       const TlsServer* tls)
    : state_(std::make_shared<State>(loop.context(), address, std::move(handler), limits, tls)) {
  asio::co_spawn(loop.context(), state_->accept(), [self = state_](const std::exception_ptr& defect) {
    if (defect) std::rethrow_exception(defect);
  });
}

HttpServer::~HttpServer() = default;

const Address& HttpServer::address() const {
  return state_->address;
}

void HttpServer::stop(std::function<void()> done) {
  State& state = *state_;
  state.stopping = true;
  state.when_idle = std::move(done);
  state.welcome_the_last();
  for (const auto& connection : state.connections) {
    if (connection->is_idle()) connection->stream.cancel();
  }
  state.close_after(kFirstByte, [](Connection& connection) { return !connection.has_begun(); });
  state.close_after(kWholeRequest, [](Connection&) { return true; });
  // Behind what has been accepted, but not yet been greeted.
  asio::post(state.context, [self = state_] { self->note_idle(); });
}

}  // namespace dunlin::net
