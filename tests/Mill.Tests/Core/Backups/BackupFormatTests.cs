using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Mill.Core.Backups;
using Mill.Core.Fleet;
using Mill.Core.Model;
using Mill.Secrets;
using Xunit;

namespace Mill.Tests.Core.Backups;

/// <summary>The format of docs/backup.md: whole, or refused by name.</summary>
public sealed class BackupFormatTests
{
    [Fact]
    public async Task A_backup_is_the_lines_that_the_documents_describe()
    {
        var lines = Encoding.UTF8.GetString(await BackedUp.BytesAsync()).Split('\n');

        Assert.Equal(
            """{"mill_backup":1,"cluster_id":"00112233445566778899aabbccddeeff","key_id":"0011223344556677","revision":42,"commit_time":"1970-01-01T00:00:00.001000Z","made_at":"2023-11-14T22:13:20.000001Z","made_by":"1.2.3"}""",
            lines[0]);
        Assert.Equal("""{"key":"/mill/v1/cluster","value":{"id":"00112233445566778899aabbccddeeff","key_id":"0011223344556677","created_at":1,"format":1}}""", lines[1]);
        var before = Encoding.UTF8.GetBytes(string.Join('\n', lines[..^2]) + "\n");
        Assert.Equal(string.Create(CultureInfo.InvariantCulture, $$"""{"entries":{{lines.Length - 3}},"sha256":"{{Convert.ToHexStringLower(SHA256.HashData(before))}}"}"""), lines[^2]);
        Assert.Equal("", lines[^1]);
    }

    [Fact]
    public async Task Every_kind_of_record_is_in_a_backup_but_those_of_one_store()
    {
        var kinds = typeof(RecordKey).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(RecordKey))).Except([typeof(HeadKey), typeof(LeaderKey), typeof(RestoreKey), typeof(JoinTokenKey), typeof(AllocKey), typeof(NodeStateKey), typeof(TaskTotalsKey)]);

        var entries = await EntriesAsync(await BackedUp.BytesAsync());

        Assert.Equal(kinds.Select(kind => kind.Name).Order(), entries.Select(entry => RecordKey.Parse(entry.Key).GetType().Name).Distinct().Order());
    }

    [Fact]
    public async Task What_is_read_builds_the_state_again()
    {
        var loader = new ClusterStateLoader();
        foreach (var (key, value) in await EntriesAsync(await BackedUp.BytesAsync())) loader.Add(RecordKey.Parse(key), RecordCodec.Decode(RecordKey.Parse(key), value));

        Assert.Equal(States.Text(BackedUp.Kept(BackedUp.State)), States.Text(loader.Build(42) with { CommitTime = BackedUp.State.CommitTime }));
    }

    [Fact]
    public async Task The_same_state_gives_the_same_bytes_whatever_came_first()
    {
        var other = BackedUp.State with
        {
            Tokens = BackedUp.State.Tokens.Clear().AddRange(BackedUp.State.Tokens.OrderBy(pair => pair.Key, StringComparer.Ordinal)),
        };

        Assert.Equal(await BackedUp.BytesAsync(), await BackedUp.BytesAsync(other));
    }

    [Fact]
    public async Task A_check_counts_what_there_is()
    {
        var bytes = await BackedUp.BytesAsync();
        var report = await BackedUp.CheckAsync(bytes);

        Assert.Empty(report.Problems);
        Assert.Equal((4, 7, 1, 2), (report.Secrets, report.Versions, report.Destroyed, report.Tokens));
        Assert.Equal((21, bytes.Length, null), (report.Entries, report.Bytes, report.Opened));
        Assert.Equal(6, (await BackedUp.CheckAsync(bytes, static _ => { })).Opened);
    }

    [Fact]
    public async Task It_does_not_matter_in_what_pieces_the_bytes_come()
    {
        using var from = new Drops(await BackedUp.BytesAsync());

        Assert.Equal(21, (await BackedUp.CheckAsync(from)).Entries);
    }

    [Fact]
    public async Task Every_flipped_bit_is_refused_by_name()
    {
        var bytes = await BackedUp.BytesAsync();
        for (var i = 0; i < bytes.Length; i++)
        {
            bytes[i] ^= (byte)(1 << (i % 8));
            var refusal = await RefusalAsync(bytes);
            Assert.True(refusal.Message.Contains(BackedUp.Name, StringComparison.Ordinal), $"byte {i}: {refusal.Message}");
            bytes[i] ^= (byte)(1 << (i % 8));
        }
        Assert.Empty((await BackedUp.CheckAsync(bytes)).Problems);
    }

    [Fact]
    public async Task Every_truncation_is_refused_by_name()
    {
        var bytes = await BackedUp.BytesAsync();
        for (var length = 0; length < bytes.Length; length++)
        {
            var refusal = await RefusalAsync(bytes[..length]);
            Assert.True(refusal.Message.Contains(BackedUp.Name, StringComparison.Ordinal), $"length {length}: {refusal.Message}");
        }
    }

    public static TheoryData<string, string> Strangers => new()
    {
        { "", "empty" },
        { "\n", "header" },
        { "null\n", "no backup" },
        { "{}\n", "no backup" },
        { "{\"mill_backup\":2,\"new\":true}\n", "format 2" },
        { "{\"mill_backup\":\"1\"}\n", "header" },
        { "{\"mill_backup\":1}\n", "header" },
        { "SQLite format 3\0", "no backup" },
    };

    [Theory]
    [MemberData(nameof(Strangers))]
    public async Task What_is_no_backup_is_refused_with_the_reason(string text, string reason) =>
        Assert.Contains(reason, (await RefusalAsync(Encoding.UTF8.GetBytes(text))).Message, StringComparison.Ordinal);

    [Fact]
    public async Task Nothing_may_stand_after_the_end_or_be_left_out_before_it()
    {
        var text = Encoding.UTF8.GetString(await BackedUp.BytesAsync());
        var lines = text.Split('\n');

        Assert.Contains("after its end", (await RefusalAsync(Encoding.UTF8.GetBytes(text + "\n"))).Message, StringComparison.Ordinal);
        Assert.Contains("after its end", (await RefusalAsync(Encoding.UTF8.GetBytes(text + text))).Message, StringComparison.Ordinal);
        Assert.Contains("do not fit together", (await RefusalAsync(Encoding.UTF8.GetBytes(string.Join('\n', lines.Where((_, i) => i != 5))))).Message, StringComparison.Ordinal);
        Assert.Contains("cut off after line 5", (await RefusalAsync(Encoding.UTF8.GetBytes(string.Join('\n', lines[..5]) + "\n"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_line_without_end_is_refused_before_it_fills_the_memory()
    {
        var bytes = await BackedUp.BytesAsync();
        using var from = new Endless(bytes[..(bytes.IndexOf((byte)'\n') + 1)]);

        Assert.Contains("too long", (await Assert.ThrowsAsync<MillException>(() => BackedUp.CheckAsync(from))).Message, StringComparison.Ordinal);
        Assert.InRange(from.Given, 1, 16 << 20);
    }

    [Fact]
    public async Task No_refusal_repeats_what_a_line_holds()
    {
        var bytes = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(await BackedUp.BytesAsync()).Replace("\"subject\":\"s\"", "\"subject\":{\"canary\":1}", StringComparison.Ordinal));
        var refusal = await RefusalAsync(bytes);
        Assert.Contains("line ", refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("canary", refusal.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_store_that_is_no_cluster_yet_has_nothing_to_back_up() =>
        Assert.Equal(MillError.NotReady, (await Assert.ThrowsAsync<MillException>(() => BackedUp.BytesAsync(ClusterState.Empty))).Error);

    [Fact]
    public async Task A_stream_that_fails_leaves_what_is_no_whole_backup()
    {
        using var to = new FailsAfter(2000);
        var state = BackedUp.State with { Tenants = States.With([.. Enumerable.Range(0, 200).Select(i => Samples.History(1) with { Name = SecretName.Parse($"n{i}") })]).Tenants };

        await Assert.ThrowsAsync<IOException>(() => StateBackup.Of(state, BackedUp.Origin).WriteAsync(to, default));
        Assert.Equal(MillError.BackupRejected, (await RefusalAsync(to.ToArray())).Error);
    }

    private static async Task<MillException> RefusalAsync(byte[] bytes)
    {
        var refusal = await Assert.ThrowsAsync<MillException>(() => BackedUp.CheckAsync(bytes));
        Assert.Equal(MillError.BackupRejected, refusal.Error);
        return refusal;
    }

    private static async Task<List<(string Key, byte[] Value)>> EntriesAsync(byte[] bytes)
    {
        var entries = new List<(string, byte[])>();
        using var from = new MemoryStream(bytes);
        using var reader = await BackupReader.OpenAsync(from, BackedUp.Name, default);
        await foreach (var entry in reader.ReadAsync(default))
        {
            using var _ = JsonDocument.Parse(entry.Value);
            entries.Add((entry.Key, entry.Value.ToArray()));
        }
        return entries;
    }

    /// <summary>Gives one byte at a time.</summary>
    private sealed class Drops(byte[] bytes) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => base.ReadAsync(buffer[..1], cancellationToken);
    }

    /// <summary>A beginning, and then the same letter for ever.</summary>
    private sealed class Endless(byte[] start) : MemoryStream(start)
    {
        public long Given { get; private set; }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var read = await base.ReadAsync(buffer, cancellationToken);
            if (read == 0) buffer.Span.Fill((byte)'x');
            Given += buffer.Length;
            return read == 0 ? buffer.Length : read;
        }
    }

    private sealed class FailsAfter(int bytes) : MemoryStream
    {
        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var room = Math.Min(buffer.Length, bytes - (int)Length);
            Write(buffer[..room].Span);
            return room < buffer.Length ? throw new IOException("full") : ValueTask.CompletedTask;
        }
    }
}
