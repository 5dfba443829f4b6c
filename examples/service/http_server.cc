#include "http_server.h"

#include <utility>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

namespace notes {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::use_awaitable;
using asio::ip::tcp;

http::response<http::string_body> respond(const http::request<http::empty_body>& request, const Handler& handler) {
  const bool readable = request.method() == http::verb::get;
  Response answer = readable ? handler(request.target()) : Response{405, "text/plain", "only GET\n"};
  http::response<http::string_body> response(http::int_to_status(answer.status), request.version());
  response.set(http::field::content_type, answer.content_type);
  response.keep_alive(request.keep_alive());
  response.body() = std::move(answer.body);
  response.prepare_payload();
  return response;
}

asio::awaitable<void> converse(beast::tcp_stream stream, const Handler& handler) try {
  beast::flat_buffer buffer;
  for (bool more = true; more;) {
    stream.expires_after(std::chrono::seconds(10));
    http::request<http::empty_body> request;
    co_await http::async_read(stream, buffer, request, use_awaitable);
    const auto response = respond(request, handler);
    co_await http::async_write(stream, response, use_awaitable);
    more = response.keep_alive();
  }
} catch (const beast::system_error&) {
  // The client went away, or was left: there is nobody to tell.
}

asio::awaitable<void> accept(tcp::acceptor acceptor, Handler handler) {
  for (;;) {
    tcp::socket socket = co_await acceptor.async_accept(use_awaitable);
    asio::co_spawn(acceptor.get_executor(), converse(beast::tcp_stream(std::move(socket)), handler), asio::detached);
  }
}

}  // namespace

void serve(asio::io_context& io, std::uint16_t port, Handler handler, std::function<void(std::uint16_t)> listening) {
  tcp::acceptor acceptor(io, {asio::ip::address_v4::loopback(), port});
  listening(acceptor.local_endpoint().port());
  asio::co_spawn(io, accept(std::move(acceptor), std::move(handler)), [](const std::exception_ptr& error) {
    if (error) std::rethrow_exception(error);
  });
}

}  // namespace notes
