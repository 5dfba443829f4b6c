#include "net/http_connection.h"

#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dunlin/error.h"
#include "support/scripted_server.h"

namespace dunlin::net {
namespace {

using namespace std::chrono_literals;
using Reply = ScriptedServer::Reply;

HttpConnection connected(const ScriptedServer& server) {
  return {"127.0.0.1", server.port(), nullptr, Patience::of(5s)};
}

ErrorKind failure_of(const auto& work) {
  try {
    work();
  } catch (const Failure& failure) {
    return failure.error().kind;
  }
  ADD_FAILURE() << "nothing was thrown";
  return ErrorKind::internal;
}

TEST(HttpConnection, IsUsedAgain) {
  ScriptedServer server([](const auto&, int number) {
    return ScriptedServer::answer(200 + number, std::to_string(number), "X-Kind: odd\r\n");
  });
  HttpConnection connection = connected(server);
  for (unsigned number : {1U, 2U}) {
    const HttpHead head = connection.send({.method = "POST", .target = "/a?b", .body = "what"}, Patience::of(5s));
    EXPECT_EQ(head.status, 200 + number);
    EXPECT_EQ(head.header("x-kind"), "odd");
    EXPECT_FALSE(connection.reusable());
    EXPECT_EQ(connection.read_rest(100, Patience::of(5s)), std::to_string(number));
    EXPECT_TRUE(connection.reusable());
    EXPECT_FALSE(connection.gone_stale());
  }
  EXPECT_EQ(server.connections(), 1);
  EXPECT_EQ(server.requests().back().line(), "POST /a?b");
  EXPECT_EQ(server.requests().back().body, "what");
}

TEST(HttpConnection, EndsOfBodies) {
  ScriptedServer server([](const auto& request, int) -> Reply {
    if (request.line().starts_with("HEAD")) return {.pieces = {"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n"}};
    if (request.line() == "GET /204") return {.pieces = {"HTTP/1.1 204 No Content\r\n\r\n"}};
    if (request.line() == "GET /chunks") return ScriptedServer::lines({"one", "two"}, true);
    return {.pieces = {"HTTP/1.1 200 OK\r\n\r\nuntil", " the end"}, .between = 20ms, .close = true};
  });
  HttpConnection connection = connected(server);
  const auto body_of = [&](std::string_view method, std::string_view target) {
    connection.send({.method = method, .target = target}, Patience::of(5s));
    return connection.read_rest(1000, Patience::of(5s));
  };
  EXPECT_EQ(body_of("HEAD", "/"), "");
  EXPECT_EQ(body_of("GET", "/204"), "");
  EXPECT_EQ(body_of("GET", "/chunks"), "one\ntwo\n");
  EXPECT_TRUE(connection.reusable());
  EXPECT_EQ(body_of("GET", "/"), "until the end");
  EXPECT_FALSE(connection.reusable());
}

TEST(HttpConnection, ComesInPieces) {
  ScriptedServer server([](const auto&, int) {
    Reply reply = ScriptedServer::lines({"one", "two"}, false);
    reply.between = 30ms;
    return reply;
  });
  HttpConnection connection = connected(server);
  connection.send({}, Patience::of(5s));
  EXPECT_EQ(connection.read_some(Patience::of(5s)), "one\n");
  EXPECT_EQ(connection.read_some(Patience::of(5s)), "two\n");
  EXPECT_EQ(failure_of([&] { connection.read_some(Patience::of(50ms)); }), ErrorKind::timeout);
}

TEST(HttpConnection, ABodyThatBreaksOffIsNoBody) {
  ScriptedServer server([](const auto&, int) -> Reply {
    return {.pieces = {"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"}, .close = true};
  });
  HttpConnection connection = connected(server);
  connection.send({}, Patience::of(5s));
  EXPECT_EQ(failure_of([&] { connection.read_rest(1000, Patience::of(5s)); }), ErrorKind::connect);
}

TEST(HttpConnection, TooMuchIsRefused) {
  ScriptedServer server([](const auto&, int) { return ScriptedServer::answer(200, std::string(50'000, 'x')); });
  HttpConnection connection = connected(server);
  connection.send({}, Patience::of(5s));
  EXPECT_EQ(failure_of([&] { connection.read_rest(20'000, Patience::of(5s)); }), ErrorKind::connect);
}

TEST(HttpConnection, AnInterruptEndsTheWaitAtOnce) {
  ScriptedServer server([](const auto&, int) -> Reply { return {}; });
  Interrupt interrupt;
  HttpConnection connection = connected(server);
  std::thread stopping([&] {
    std::this_thread::sleep_for(50ms);
    interrupt.request(0);
  });
  EXPECT_EQ(failure_of([&] { connection.send({}, Patience::of(60s, &interrupt)); }), ErrorKind::interrupted);
  stopping.join();
}

TEST(HttpConnection, WhatTheServerHasClosedIsStale) {
  ScriptedServer server([](const auto&, int) {
    Reply reply = ScriptedServer::answer(200, "{}");
    reply.close = true;
    return reply;
  });
  HttpConnection connection = connected(server);
  connection.send({}, Patience::of(5s));
  connection.read_rest(10, Patience::of(5s));
  EXPECT_TRUE(connection.reusable());
  for (int i = 0; i < 500 && !connection.gone_stale(); ++i) std::this_thread::sleep_for(10ms);
  EXPECT_TRUE(connection.gone_stale());
}

TEST(HttpConnection, NobodyThere) {
  std::uint16_t port = 0;
  {
    const ScriptedServer gone([](const auto&, int) -> Reply { return {}; });
    port = gone.port();
  }
  EXPECT_EQ(failure_of([&] { HttpConnection("127.0.0.1", port, nullptr, Patience::of(5s)); }), ErrorKind::connect);
}

}  // namespace
}  // namespace dunlin::net
