#include "kubernetes/client/api_client.h"

#include <filesystem>
#include <fstream>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dunlin/error.h"
#include "kubernetes/client/object.h"
#include "kubernetes/client/resource.h"
#include "support/scripted_server.h"

namespace dunlin::kubernetes {
namespace {

using namespace std::chrono_literals;
using Reply = ScriptedServer::Reply;
using testing::HasSubstr;

ApiClient client_of(const ScriptedServer& server, ApiClientOptions options = {.user_agent = "dunlin-test/1"}) {
  return {ClusterConfig{.server = server.url() + "/prefix/", .token = {.text = "to-ken\n", .file = {}}},
          std::move(options)};
}

const char* const kPod = R"({"kind":"Pod","metadata":{"name":"a"}})";

TEST(ApiClient, SaysWhoItIsAndWhatItWants) {
  ScriptedServer server([](const auto&, int) { return ScriptedServer::answer(200, kPod); });
  ApiClient client = client_of(server);
  const ApiAnswer answer = client.get(path_of(kPods, "default", "a"));
  EXPECT_TRUE(answer.ok());
  EXPECT_EQ(name_of(answer.document), "a");
  const auto request = server.requests().front();
  EXPECT_EQ(request.line(), "GET /prefix/api/v1/namespaces/default/pods/a");
  EXPECT_THAT(request.head, HasSubstr("Authorization: Bearer to-ken\r\n"));
  EXPECT_THAT(request.head, HasSubstr("User-Agent: dunlin-test/1\r\n"));
  EXPECT_THAT(request.head, HasSubstr("Accept: application/json\r\n"));
  EXPECT_THAT(request.head, HasSubstr(fmt::format("Host: 127.0.0.1:{}\r\n", server.port())));
}

TEST(ApiClient, WritesAreWhatTheyAreCalled) {
  ScriptedServer server([](const auto&, int) { return ScriptedServer::answer(201, kPod); });
  ApiClient client = client_of(server);
  client.create("/c", {{"a", 1}});
  client.patch("/p", kMergePatch, {{"b", "\xff"}});
  client.remove("/d", {{"preconditions", {{"uid", "x"}}}});
  client.remove("/e");
  const auto requests = server.requests();
  ASSERT_EQ(requests.size(), 4U);
  EXPECT_EQ(requests[0].line() + requests[0].body, "POST /prefix/c{\"a\":1}");
  EXPECT_THAT(requests[1].head, HasSubstr("Content-Type: application/merge-patch+json\r\n"));
  EXPECT_EQ(requests[1].body, "{\"b\":\"\xEF\xBF\xBD\"}");
  EXPECT_EQ(requests[2].line() + requests[2].body, "DELETE /prefix/d{\"preconditions\":{\"uid\":\"x\"}}");
  EXPECT_EQ(requests[3].body, "");
  EXPECT_EQ(server.connections(), 1);
}

TEST(ApiClient, ARefusalIsAnAnswer) {
  ScriptedServer server([](const auto&, int number) {
    return number == 1 ? ScriptedServer::answer(409, R"({"kind":"Status","reason":"AlreadyExists","message":"it is"})")
                       : ScriptedServer::answer(503, "<html>no</html>");
  });
  ApiClient client = client_of(server);
  const ApiAnswer exists = client.create("/x", {});
  EXPECT_TRUE(exists.already_exists());
  EXPECT_FALSE(exists.conflict());
  EXPECT_THROW(exists.object("making it"), Failure);
  const ApiAnswer page = client.get("/x");
  EXPECT_EQ(page.code, 503U);
  EXPECT_EQ(text(field(page.document, "message")), "<html>no</html>");
}

TEST(ApiClient, APageWhereAnObjectShouldBeIsNoSuccess) {
  ScriptedServer server([](const auto&, int) { return ScriptedServer::answer(200, "<html>log in</html>"); });
  EXPECT_FALSE(client_of(server).get("/x").ok());
}

TEST(ApiClient, ComesAgainWhenItIsToldTo) {
  ScriptedServer server([](const auto&, int number) {
    return number < 3 ? ScriptedServer::answer(429, "{}", "Retry-After: 0\r\n") : ScriptedServer::answer(200, kPod);
  });
  EXPECT_TRUE(client_of(server).get("/x").ok());
  EXPECT_EQ(server.requests().size(), 3U);
}

TEST(ApiClient, DoesNotWaitLongerThanItMay) {
  ScriptedServer server([](const auto&, int) { return ScriptedServer::answer(429, "{}", "Retry-After: 100\r\n"); });
  EXPECT_EQ(client_of(server).get("/x").code, 429U);
  EXPECT_EQ(server.requests().size(), 1U);
}

TEST(ApiClient, AConnectionThatDiedIdleCostsAGetNothing) {
  ScriptedServer server([](const auto&, int number) {
    Reply reply = ScriptedServer::answer(200, kPod);
    if (number == 2) return Reply{.pieces = {}, .close = true};
    return reply;
  });
  ApiClient client = client_of(server);
  EXPECT_TRUE(client.get("/x").ok());
  EXPECT_TRUE(client.get("/x").ok());
  EXPECT_EQ(server.requests().size(), 3U);
  EXPECT_EQ(server.connections(), 2);
}

TEST(ApiClient, AWriteIsNeverSentTwice) {
  ScriptedServer server([](const auto&, int number) {
    if (number == 2) return Reply{.pieces = {}, .close = true};
    return ScriptedServer::answer(200, kPod);
  });
  ApiClient client = client_of(server);
  EXPECT_TRUE(client.get("/x").ok());
  EXPECT_THROW(client.create("/x", {}), Failure);
  EXPECT_EQ(server.requests().size(), 2U);
}

TEST(ApiClient, A401HasTheTokenReadAnew) {
  const auto file = std::filesystem::temp_directory_path() / fmt::format("dunlin-token-{}", ::getpid());
  std::ofstream(file) << "first";
  ScriptedServer server([](const auto&, int number) { return ScriptedServer::answer(number == 2 ? 401 : 200, "{}"); });
  ApiClient client({.server = server.url(), .token = {.text = {}, .file = file.string()}}, {.user_agent = "x"});
  client.get("/");
  std::ofstream(file) << "second";
  EXPECT_EQ(client.get("/").code, 401U);
  client.get("/");
  std::filesystem::remove(file);
  EXPECT_EQ(client.get("/").code, 200U) << "what was read stays good";
  const auto requests = server.requests();
  EXPECT_THAT(requests[1].head, HasSubstr("Bearer first\r\n"));
  EXPECT_THAT(requests[2].head, HasSubstr("Bearer second\r\n"));
}

TEST(ApiClient, TellsWarningsAndCodes) {
  ScriptedServer server([](const auto&, int) {
    return ScriptedServer::answer(200, kPod, "Warning: 299 - \"batch/v1beta1 is old\"\r\n");
  });
  std::vector<std::string> told;
  client_of(server,
            {.user_agent = "x",
             .on_answer = [&](auto method, unsigned code) { told.push_back(fmt::format("{} {}", method, code)); },
             .on_warning = [&](auto warning) { told.emplace_back(warning); }})
      .get("/x");
  EXPECT_THAT(told, testing::ElementsAre("GET 200", "299 - \"batch/v1beta1 is old\""));
}

TEST(ApiStream, Lines) {
  ScriptedServer server([](const auto&, int number) {
    if (number == 2) return ScriptedServer::answer(410, R"({"kind":"Status","reason":"Expired"})");
    return ScriptedServer::lines({"{\"a\":1}", "{\"b\":2}"}, true);
  });
  ApiClient client = client_of(server);
  ApiStream stream = client.open_stream("/x?watch=1");
  EXPECT_FALSE(stream.refusal());
  EXPECT_EQ(stream.next_line(5s), "{\"a\":1}");
  EXPECT_EQ(stream.next_line(5s), "{\"b\":2}");
  EXPECT_EQ(stream.next_line(5s), std::nullopt);
  EXPECT_TRUE(client.open_stream("/x?watch=1").refusal()->gone());
}

}  // namespace
}  // namespace dunlin::kubernetes
