// SPDX-License-Identifier: Apache-2.0
// The control socket with real clients on a real Unix socket.
#include "command_server.hpp"

#include "socket_client.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <vector>

namespace dialplane::control {
namespace {

/// A server whose commands echo the line; the loop turns only when told.
class CommandServerTest : public testing::Test {
 protected:
  void SetUp() override {
    auto server = open();
    ASSERT_TRUE(server.has_value()) << server.error().text;
    server_ = std::move(*server);
  }

  Result<std::unique_ptr<CommandServer>> open() {
    return CommandServer::open(loop_, path_, [this](std::string_view line, Peer, Reply reply) {
      if (line.starts_with("{\"later\"")) return waiting_.push_back(std::move(reply));
      const bool is_json = line.starts_with('{');
      reply("<" + std::string(line) + ">\n", is_json ? AfterAnswer::kStayOpen : AfterAnswer::kClose);
    });
  }

  void turn(int times = 8) {
    for (int i = 0; i < times; ++i) loop_.turn(0);
  }

  TempFolder folder_;
  std::string path_ = folder_.file("run/control.sock");
  EventLoop loop_;
  std::vector<Reply> waiting_;
  std::unique_ptr<CommandServer> server_;
};

TEST_F(CommandServerTest, MakesItsDirectoryAndASocketOfMode0660) {
  struct stat found {};
  ASSERT_EQ(::stat(path_.c_str(), &found), 0);
  EXPECT_TRUE(S_ISSOCK(found.st_mode));
  EXPECT_EQ(found.st_mode & 0777U, 0660U);
}

TEST_F(CommandServerTest, AnswersWordsAndCloses) {
  const SocketClient client(path_);
  client.send("show info\n");
  turn();
  EXPECT_EQ(client.take(), "<show info>\n");
  EXPECT_EQ(client.take(), "(closed)");
}

TEST_F(CommandServerTest, AnswersWordsWithoutALineFeed) {
  const SocketClient client(path_);
  client.send("show info");
  client.end_sending();
  turn();
  EXPECT_EQ(client.take(), "<show info>\n");
}

TEST_F(CommandServerTest, KeepsAJsonConnectionOpen) {
  const SocketClient client(path_);
  client.send("{1}\n{2}\n");
  turn();
  EXPECT_EQ(client.take(), "<{1}>\n<{2}>\n");
  client.send("{3}\n");
  turn();
  EXPECT_EQ(client.take(), "<{3}>\n");
}

TEST_F(CommandServerTest, JoinsALineThatComesInPieces) {
  const SocketClient client(path_);
  client.send("{\"a\":");
  turn();
  EXPECT_EQ(client.take(), "");
  client.send("1}\n");
  turn();
  EXPECT_EQ(client.take(), "<{\"a\":1}>\n");
}

TEST_F(CommandServerTest, AnswersLaterToAClientThatHasEndedItsSide) {
  const SocketClient client(path_);
  client.send("{\"later\":1}\n");
  client.end_sending();
  turn();
  ASSERT_EQ(waiting_.size(), 1U);
  EXPECT_EQ(client.take(), "");
  waiting_[0]("done\n", AfterAnswer::kStayOpen);
  EXPECT_EQ(client.take(), "done\n");
  EXPECT_EQ(client.take(), "(closed)");
}

TEST_F(CommandServerTest, ReadsNoFurtherWhileManyLinesWaitForTheirAnswers) {
  constexpr std::size_t kLines = 3 * CommandServer::kMaxOutstanding;
  const SocketClient client(path_);
  for (std::size_t i = 0; i < kLines; ++i) client.send("{\"later\":1}\n");
  client.end_sending();
  turn();
  EXPECT_EQ(waiting_.size(), CommandServer::kMaxOutstanding);
  for (std::size_t i = 0; i < kLines; ++i) {
    ASSERT_LT(i, waiting_.size());
    // Handling the next line may move the list.
    const auto reply = waiting_[i];
    reply("x", AfterAnswer::kStayOpen);
    EXPECT_LE(waiting_.size(), i + 1 + CommandServer::kMaxOutstanding);
    turn(1);
  }
  EXPECT_EQ(client.take(), std::string(kLines, 'x'));
  EXPECT_EQ(client.take(), "(closed)");
}

TEST_F(CommandServerTest, TakesLinesAgainAfterHoldingThem) {
  const SocketClient client(path_);
  for (std::size_t i = 0; i < CommandServer::kMaxOutstanding; ++i) client.send("{\"later\":1}\n");
  turn();
  client.send("{1}\n");
  turn();
  EXPECT_EQ(client.take(), "");
  waiting_[0]("done\n", AfterAnswer::kStayOpen);
  turn();
  EXPECT_EQ(client.take(), "done\n<{1}>\n");
}

TEST_F(CommandServerTest, ForgetsAnAnswerWhoseClientHasGone) {
  {
    const SocketClient client(path_);
    client.send("{\"later\":1}\n");
    turn();
  }
  turn();
  ASSERT_EQ(waiting_.size(), 1U);
  waiting_[0]("done\n", AfterAnswer::kStayOpen);
  const SocketClient next(path_);
  next.send("{1}\n");
  turn();
  EXPECT_EQ(next.take(), "<{1}>\n");
}

TEST_F(CommandServerTest, ForgetsAnAnswerThatComesAfterItsOwnEnd) {
  const SocketClient client(path_);
  client.send("{\"later\":1}\n");
  turn();
  server_.reset();
  waiting_.at(0)("done\n", AfterAnswer::kStayOpen);
  EXPECT_EQ(client.take(), "(closed)");
}

TEST_F(CommandServerTest, RefusesALineOver64KiB) {
  const SocketClient client(path_);
  client.send("{" + std::string(CommandServer::kMaxLineBytes, 'x'));
  turn(16);
  EXPECT_NE(client.take().find("-32600"), std::string::npos);
  EXPECT_EQ(client.take(), "(closed)");
}

TEST_F(CommandServerTest, TurnsTheThirtyThirdClientAway) {
  std::vector<std::unique_ptr<SocketClient>> clients;
  for (std::size_t i = 0; i < CommandServer::kMaxClients; ++i) {
    clients.push_back(std::make_unique<SocketClient>(path_));
    turn(1);
  }
  const SocketClient one_more(path_);
  turn();
  EXPECT_EQ(one_more.take(), "error: too many clients on the control socket\n");
  EXPECT_EQ(one_more.take(), "(closed)");
  clients[0]->send("{1}\n");
  turn();
  EXPECT_EQ(clients[0]->take(), "<{1}>\n");
}

TEST_F(CommandServerTest, DropsAClientThatDoesNotReadItsAnswers) {
  const SocketClient client(path_);
  client.send("{\"later\":1}\n");
  turn();
  ASSERT_EQ(waiting_.size(), 1U);
  waiting_[0](std::string(CommandServer::kMaxUnreadBytes * 4, 'x'), AfterAnswer::kStayOpen);
  turn();
  std::string last;
  for (int i = 0; i < 64 && last != "(closed)"; ++i) last = client.take();
  EXPECT_EQ(last, "(closed)");
}

TEST_F(CommandServerTest, RefusesAPathOnWhichALiveServerAnswers) {
  const auto second = open();
  ASSERT_FALSE(second.has_value());
  EXPECT_NE(second.error().text.find("another process answers there"), std::string::npos) << second.error().text;
}

TEST_F(CommandServerTest, ReplacesTheSocketOfADeadServer) {
  server_.reset();
  {
    // A bound socket whose owner is gone leaves its file behind.
    const UniqueFd dead(::socket(AF_UNIX, SOCK_STREAM, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path_.data(), path_.size());
    ASSERT_EQ(::bind(dead.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  }
  EXPECT_TRUE(open().has_value());
}

TEST_F(CommandServerTest, LeavesAFileThatIsNoSocketAlone) {
  server_.reset();
  std::ofstream(path_) << "precious";
  EXPECT_FALSE(open().has_value());
  EXPECT_TRUE(std::filesystem::exists(path_));
}

TEST_F(CommandServerTest, RemovesItsSocketAtTheEnd) {
  server_.reset();
  EXPECT_FALSE(std::filesystem::exists(path_));
}

}  // namespace
}  // namespace dialplane::control
