using System.Buffers.Binary;
using Foz.Lake;

namespace Foz.Connectors.Changes;

/// <summary>
/// Keeps the changes of transactions that are still open: in memory up to a bound over all of them, beyond it in files
/// that only this user can read and that vanish with the process.
/// </summary>
/// <param name="folder">The folder of temporary files; it exists.</param>
/// <param name="memoryBytesMax">How many bytes all spools keep in memory.</param>
sealed class ChangeSpools(string folder, long memoryBytesMax)
{
    readonly List<ChangeSpool> spools = [];
    long memoryBytes;

    /// <summary>Gets how many bytes are in memory.</summary>
    public long MemoryBytes => memoryBytes;

    /// <summary>Gets how many spools are in use.</summary>
    public int Count => spools.Count;

    /// <summary>Gets how many bytes all spools keep in memory, unless a single record is larger.</summary>
    public long MemoryBytesMax { get; } = memoryBytesMax;

    public string Folder { get; } = folder;

    public ChangeSpool Open()
    {
        var spool = new ChangeSpool(this);
        spools.Add(spool);
        return spool;
    }

    /// <summary>
    /// Makes room for memory that a spool takes: where it is too much, the largest one goes to its file.
    /// </summary>
    public void Reserve(long bytes)
    {
        while (memoryBytes + bytes > MemoryBytesMax
            && spools.MaxBy(s => s.MemoryBytes) is { MemoryBytes: > 0 } largest)
            largest.Spill();
        memoryBytes += bytes;
    }

    public void Release(long bytes) => memoryBytes -= bytes;

    public void Close(ChangeSpool spool) => spools.Remove(spool);
}

/// <summary>The records of one open transaction, in their order: written, then read once.</summary>
sealed class ChangeSpool : IDisposable
{
    const int BlockBytesMin = 4 << 10, BlockBytesMax = 256 << 10, BlocksMin = 4;
    const int LengthBytes = sizeof(int);
    const UnixFileMode OwnOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    readonly ChangeSpools all;
    readonly List<Block> blocks = [];
    FileStream? file;
    byte[] record = [];
    ReadOnlyMemory<byte> current;
    long fileBytesLeft;
    int blockAt;
    int byteAt;

    internal ChangeSpool(ChangeSpools all) => this.all = all;

    /// <summary>Gets how many bytes the spool takes in memory.</summary>
    public long MemoryBytes { get; private set; }

    /// <summary>Gets how many records were written.</summary>
    public long Count { get; private set; }

    /// <summary>Gets whether some are in a file.</summary>
    public bool IsSpilled => file is not null;

    public void Append(ReadOnlySpan<byte> bytes)
    {
        var needed = LengthBytes + bytes.Length;
        if (blocks.Count == 0 || blocks[^1].Bytes.Length - blocks[^1].Length < needed) AddBlock(needed);
        var block = blocks[^1];
        BinaryPrimitives.WriteInt32LittleEndian(block.Bytes.AsSpan(block.Length), bytes.Length);
        bytes.CopyTo(block.Bytes.AsSpan(block.Length + LengthBytes));
        block.Length += needed;
        Count++;
    }

    /// <summary>Starts to read; nothing may be written any more.</summary>
    public void Rewind()
    {
        (blockAt, byteAt) = (0, 0);
        if (file is null) return;
        fileBytesLeft = file.Length;
        Guard(() => file!.Position = 0);
    }

    /// <summary>The record that was read last.</summary>
    public ReadOnlySpan<byte> Current => current.Span;

    /// <summary>Reads the next record.</summary>
    /// <returns>False at the end.</returns>
    public bool TryRead()
    {
        if (fileBytesLeft > 0)
        {
            Guard(ReadRecord);
            current = record.AsMemory(LengthBytes, BinaryPrimitives.ReadInt32LittleEndian(record));
            return true;
        }

        while (blockAt < blocks.Count && byteAt == blocks[blockAt].Length) (blockAt, byteAt) = (blockAt + 1, 0);
        if (blockAt == blocks.Count) return false;
        var bytes = blocks[blockAt].Bytes;
        var length = BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(byteAt));
        current = bytes.AsMemory(byteAt + LengthBytes, length);
        byteAt += LengthBytes + length;
        return true;
    }

    /// <summary>Moves what is in memory to the file.</summary>
    public void Spill()
    {
        Guard(() =>
        {
            file ??= OpenFile();
            foreach (var block in blocks) file.Write(block.Bytes.AsSpan(0, block.Length));
        });
        Forget();
    }

    public void Dispose()
    {
        file?.Dispose();
        Forget();
        all.Close(this);
    }

    void Forget()
    {
        blocks.Clear();
        all.Release(MemoryBytes);
        MemoryBytes = 0;
    }

    void AddBlock(int needed)
    {
        var size = blocks.Count == 0 ? BlockBytesMin : Math.Min(2 * blocks[^1].Bytes.Length, BlockBytesMax);
        size = (int)Math.Max(needed, Math.Min(size, all.MemoryBytesMax / BlocksMin));
        all.Reserve(size);
        MemoryBytes += size;
        blocks.Add(new Block(new byte[size]));
    }

    void ReadRecord()
    {
        if (record.Length < LengthBytes) record = new byte[BlockBytesMin];
        file!.ReadExactly(record.AsSpan(0, LengthBytes));
        var length = BinaryPrimitives.ReadInt32LittleEndian(record);
        if (record.Length < LengthBytes + length)
            Array.Resize(ref record, Math.Max(LengthBytes + length, 2 * record.Length));
        file.ReadExactly(record.AsSpan(LengthBytes, length));
        fileBytesLeft -= LengthBytes + length;
    }

    FileStream OpenFile()
    {
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            Options = FileOptions.DeleteOnClose | FileOptions.SequentialScan,
            BufferSize = BlockBytesMax,
        };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = OwnOnly;
        return new FileStream(Path.Combine(all.Folder, $"foz-changes-{Guid.NewGuid():N}"), options);
    }

    void Guard(Action work)
    {
        try
        {
            work();
        }
        catch (IOException error)
        {
            throw new FozException(
                ErrorKind.Resource,
                $"changes of a transaction that is still open cannot be kept in {all.Folder}: "
                + error.Message.TrimEnd('.'),
                error)
            {
                Hint = "give the folder of temporary files more room (TMPDIR)",
                IsTransient = true,
            };
        }
    }

    sealed class Block(byte[] bytes)
    {
        public byte[] Bytes { get; } = bytes;

        public int Length { get; set; }
    }
}
