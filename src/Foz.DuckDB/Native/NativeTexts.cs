using System.Runtime.InteropServices;

namespace Foz.DuckDB.Native;

/// <summary>Texts as an array of pointers to zero-terminated UTF-8.</summary>
sealed unsafe class NativeTexts : IDisposable
{
    readonly nint[] texts;

    public NativeTexts(IEnumerable<string> texts)
    {
        this.texts = [.. texts.Select(Marshal.StringToCoTaskMemUTF8)];
        Pointer = (byte**)NativeMemory.Alloc((nuint)Math.Max(1, this.texts.Length), (nuint)sizeof(nint));
        this.texts.CopyTo(new Span<nint>(Pointer, this.texts.Length));
    }

    public byte** Pointer { get; private set; }

    public void Dispose()
    {
        foreach (var text in texts) Marshal.FreeCoTaskMem(text);
        NativeMemory.Free(Pointer);
        Pointer = null;
    }
}

/// <summary>Logical types as an array of pointers.</summary>
sealed class NativeTypes : IDisposable
{
    readonly LogicalTypeHandle[] handles;

    public NativeTypes(IEnumerable<LogicalType> types)
    {
        handles = [.. types.Select(type => type.ToNative())];
        Pointers = [.. handles.Select(handle => handle.DangerousGetHandle())];
    }

    public nint[] Pointers { get; }

    public void Dispose()
    {
        foreach (var handle in handles) handle.Dispose();
    }
}
