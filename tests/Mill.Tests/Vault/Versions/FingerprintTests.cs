using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Secrets;
using Mill.Vault.Versions;
using Xunit;

namespace Mill.Tests.Vault.Versions;

public sealed class FingerprintTests
{
    [Fact]
    public void The_same_request_gives_the_same_fingerprint() => Assert.Equal(Of(print => print.Add("a").Add(1)), Of(print => print.Add("a").Add(1)));

    [Fact]
    public void No_two_requests_look_alike()
    {
        using var empty = SecretValue.FromText("");
        using var text = SecretValue.FromText("ab");
        using var longer = SecretValue.FromText("abc");
        Func<Fingerprint, Fingerprint>[] requests =
        [
            print => print, print => print.Add(""), print => print.Add((string?)null), print => print.Add("").Add(""), print => print.Add("ab"), print => print.Add("a").Add("b"),
            print => print.Add("").Add("ab"), print => print.Add("ab").Add(""), print => print.Add((long?)null), print => print.Add(0), print => print.Add(1), print => print.Add(256),
            print => print.Add(default(WritePrecondition)), print => print.Add(new WritePrecondition(IfAbsent: true)),
            print => print.Add(new WritePrecondition(IfVersion: 0)), print => print.Add(new WritePrecondition(IfVersion: 1)),
            print => print.Add(empty, ValueKind.Text), print => print.Add(null, ValueKind.Text), print => print.Add(text, ValueKind.Text), print => print.Add(text, ValueKind.Binary),
            print => print.Add(longer, ValueKind.Text),
        ];
        Assert.Equal(requests.Length, requests.Select(Of).Distinct().Count());
    }

    [Fact]
    public void Another_operation_or_another_master_key_gives_another()
    {
        using var key = Sealing.Key(2);
        using var other = Fingerprint.Of(new(key, Sealing.Cluster), "set");
        using var delete = Fingerprint.Of(Sealing.Unsealed, "delete");
        Assert.NotEqual(Of(print => print), Convert.ToHexString(other.ToArray()));
        Assert.NotEqual(Of(print => print), Convert.ToHexString(delete.ToArray()));
    }

    private static string Of(Func<Fingerprint, Fingerprint> add)
    {
        using var print = Fingerprint.Of(Sealing.Unsealed, "set");
        return Convert.ToHexString(add(print).ToArray());
    }
}
