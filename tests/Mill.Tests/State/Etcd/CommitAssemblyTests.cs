using Google.Protobuf;
using Mill.Core.Ports;
using Mill.State.Etcd;
using Mill.State.Etcd.Messages;
using Xunit;

namespace Mill.Tests.State.Etcd;

public sealed class CommitAssemblyTests
{
    private readonly CommitAssembly _commits = new(after: 4);

    [Fact]
    public void One_reply_may_hold_several_commits()
    {
        _commits.Add(Reply(fragment: false, (5, "a"), (5, "b"), (7, "a")));
        Assert.Equal(["5: a b", "7: a"], Taken());
        Assert.Equal(7, _commits.Position);
    }

    [Fact]
    public void A_commit_that_comes_in_parts_is_held_back_until_it_is_whole()
    {
        _commits.Add(Reply(fragment: true, (5, "a"), (6, "a")));
        Assert.Equal(["5: a"], Taken());
        _commits.Add(Reply(fragment: true, (6, "b")));
        Assert.Empty(Taken());
        Assert.Equal(5, _commits.Position);
        _commits.Add(Reply(fragment: false, (6, "c")));
        Assert.Equal(["6: a b c"], Taken());
        Assert.Equal(6, _commits.Position);
    }

    [Fact]
    public void After_a_break_a_commit_that_was_told_in_part_is_told_whole_and_once()
    {
        _commits.Add(Reply(fragment: true, (5, "a"), (6, "a"), (6, "b")));
        _commits.DropPart();
        _commits.Add(Reply(fragment: true, (5, "a"), (6, "a")));
        _commits.Add(Reply(fragment: false, (6, "b"), (6, "c"), (7, "a")));
        Assert.Equal(["5: a", "6: a b c", "7: a"], Taken());
    }

    [Fact]
    public void What_is_told_again_is_passed_over()
    {
        _commits.Add(Reply(fragment: false, (3, "a"), (4, "a"), (5, "a")));
        Assert.Equal(["5: a"], Taken());
    }

    [Fact]
    public void A_notice_of_progress_moves_the_place_to_resume_at_and_nothing_else_does()
    {
        _commits.Add(new WatchReply { Created = true, Header = new() { Revision = 90 } });
        Assert.Equal(4, _commits.Position);
        _commits.Add(new WatchReply { Header = new() { Revision = 80 } });
        Assert.Equal(80, _commits.Position);
    }

    [Fact]
    public void A_deletion_is_not_an_empty_value()
    {
        _commits.Add(new WatchReply { Events = { new WatchedEvent { Type = WatchedEvent.Types.EventType.Delete, Kv = Key("a", 5) }, new WatchedEvent { Kv = Key("b", 5) } } });
        Assert.True(_commits.TryTake(out var commit));
        Assert.Null(commit.Writes[0].Value);
        Assert.Equal(0, commit.Writes[1].Value!.Value.Length);
    }

    private static WatchReply Reply(bool fragment, params (long Revision, string Key)[] events) =>
        new() { Fragment = fragment, Events = { events.Select(told => new WatchedEvent { Kv = Key(told.Key, told.Revision) }) } };

    private static KeyValue Key(string key, long revision) => new() { Key = ByteString.CopyFromUtf8(key), ModRevision = revision };

    private List<string> Taken()
    {
        var taken = new List<string>();
        while (_commits.TryTake(out StoreEvent commit)) taken.Add($"{commit.Revision}: {string.Join(' ', commit.Writes.Select(write => write.Key))}");
        return taken;
    }
}
