using System.Text;
using Mill.Core.Model;
using Mill.Secrets;
using Mill.State.Restores;
using Mill.Testing;
using Xunit;

namespace Mill.Tests.State.Restores;

/// <summary>The revisions of a restored store begin beyond those of its backup, and those of a store in use never move.</summary>
public sealed class ShiftedStoreTests
{
    private const long Old = 500;

    [Fact]
    public async Task An_empty_store_begins_beyond_the_backup_even_where_it_was_looked_at_before()
    {
        await using var memory = new InMemoryStateStore();
        var store = new ShiftedStore(memory, memory);
        Assert.Equal(await memory.GetRevisionAsync(default), await store.GetRevisionAsync(default));
        await store.BeginAfterAsync(Old, default);
        Assert.True(await store.GetRevisionAsync(default) > Old + RestoreDirectory.RevisionGap);
    }

    [Fact]
    public async Task A_store_that_a_cluster_uses_is_refused_and_goes_on_as_it_was()
    {
        await using var memory = new InMemoryStateStore();
        var written = await memory.CommitAsync(new([], [new(new ClusterKey().ToString(), Encoding.UTF8.GetBytes("{}"))]), default);
        var refused = await Assert.ThrowsAsync<MillException>(() => new ShiftedStore(memory, memory).BeginAfterAsync(Old, default));
        Assert.Equal(MillError.PreconditionFailed, refused.Error);
        Assert.Equal(written.Revision, await memory.GetRevisionAsync(default));
        Assert.Equal(written.Revision, await new ShiftedStore(memory, memory).GetRevisionAsync(default));
    }
}
